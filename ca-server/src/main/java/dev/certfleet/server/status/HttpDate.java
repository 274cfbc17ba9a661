package dev.certfleet.server.status;

import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.time.ZoneOffset;

/** Writes IMF-fixdate (RFC 9110 section 5.6.7) without a formatter: each answer has several. */
final class HttpDate {
    private static final String DAYS = "MonTueWedThuFriSatSun";
    private static final String MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";
    private static final int LENGTH = 29;

    private HttpDate() {}

    /** @param epochSecond within the years 1 to 9999 */
    static String of(long epochSecond) {
        LocalDateTime time = LocalDateTime.ofEpochSecond(epochSecond, 0, ZoneOffset.UTC);
        byte[] text = new byte[LENGTH];
        name(text, 0, DAYS, time.getDayOfWeek().getValue() - 1);
        text[3] = ',';
        text[4] = ' ';
        digits(text, 5, time.getDayOfMonth());
        text[7] = ' ';
        name(text, 8, MONTHS, time.getMonthValue() - 1);
        text[11] = ' ';
        digits(text, 12, time.getYear() / 100);
        digits(text, 14, time.getYear() % 100);
        text[16] = ' ';
        digits(text, 17, time.getHour());
        text[19] = ':';
        digits(text, 20, time.getMinute());
        text[22] = ':';
        digits(text, 23, time.getSecond());
        text[25] = ' ';
        text[26] = 'G';
        text[27] = 'M';
        text[28] = 'T';
        return new String(text, StandardCharsets.ISO_8859_1);
    }

    private static void name(byte[] text, int at, String names, int index) {
        for (int i = 0; i < 3; i++) {
            text[at + i] = (byte) names.charAt(3 * index + i);
        }
    }

    private static void digits(byte[] text, int at, int twoDigits) {
        text[at] = (byte) ('0' + twoDigits / 10);
        text[at + 1] = (byte) ('0' + twoDigits % 10);
    }
}
