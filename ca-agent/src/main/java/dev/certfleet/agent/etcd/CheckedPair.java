package dev.certfleet.agent.etcd;

import dev.certfleet.agent.publish.FileStamp;
import dev.certfleet.agent.publish.Layout;
import dev.certfleet.agent.server.Credential;
import java.util.List;
import java.util.Optional;

/** A pair as it is on disk. To see that it is one takes a signature, which is not made again while nobody has touched it. */
final class CheckedPair {
    private Optional<Credential> last = Optional.empty();
    private List<Optional<FileStamp>> stamps = List.of();

    synchronized Optional<Credential> read(Layout.Files files) {
        List<Optional<FileStamp>> now = List.of(FileStamp.of(files.certificate()), FileStamp.of(files.key()));
        if (last.isEmpty() || !now.equals(stamps)) {
            last = Pairs.read(files);
            stamps = now;
        }
        return last;
    }
}
