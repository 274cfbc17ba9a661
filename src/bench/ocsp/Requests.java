import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Random;

/**
 * Writes OCSP requests for many serials after one that openssl made: {@code TEMPLATE TEMPLATE_SERIAL SERIALS OUT}. OUT gets a
 * line for each serial: the path of a GET, and the body of a POST in hexadecimal, which has a nonce if {@code nonce} follows.
 */
final class Requests {
    public static void main(String[] arguments) throws IOException {
        byte[] template = Files.readAllBytes(Path.of(arguments[0]));
        byte[] serial = HexFormat.of().parseHex(arguments[1]);
        boolean nonce = arguments.length > 4;
        int at = indexOf(template, serial);
        Random random = new Random(1);
        Base64.Encoder base64 = Base64.getEncoder();
        try (var out = Files.newBufferedWriter(Path.of(arguments[3]))) {
            for (String line : (Iterable<String>) Files.lines(Path.of(arguments[2]))::iterator) {
                byte[] request = template.clone();
                System.arraycopy(HexFormat.of().parseHex(line), 0, request, at, serial.length);
                if (nonce) {
                    request = withNonce(request, random);
                }
                String path = base64.encodeToString(request).replace("+", "%2B").replace("/", "%2F").replace("=", "%3D");
                out.write(path + " " + HexFormat.of().formatHex(request) + "\n");
            }
        }
    }

    private static int indexOf(byte[] in, byte[] what) {
        for (int i = 0; i + what.length <= in.length; i++) {
            if (Arrays.equals(in, i, i + what.length, what, 0, what.length)) {
                return i;
            }
        }
        throw new IllegalArgumentException("the template is not for that serial");
    }

    /** All lengths are below 128: SEQUENCE of TBSRequest, of which the requestExtensions are the last. */
    private static byte[] withNonce(byte[] request, Random random) {
        byte[] extension = HexFormat.of().parseHex("a2233021301f06092b060105050730010204120410" + "00".repeat(16));
        byte[] value = new byte[16];
        random.nextBytes(value);
        System.arraycopy(value, 0, extension, extension.length - 16, 16);
        byte[] longer = Arrays.copyOf(request, request.length + extension.length);
        System.arraycopy(extension, 0, longer, request.length, extension.length);
        longer[1] += (byte) extension.length;
        longer[3] += (byte) extension.length;
        return longer;
    }

    private Requests() {}
}
