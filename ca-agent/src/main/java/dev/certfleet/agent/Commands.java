package dev.certfleet.agent;

import dev.certfleet.agent.certificate.CertificateKeeper;
import dev.certfleet.agent.control.ControlSocket;
import dev.certfleet.agent.control.StatusReport;
import dev.certfleet.pki.ProfileName;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/** What was asked of the agent over its control socket and takes a round. */
final class Commands {
    private final ConcurrentLinkedQueue<Command> waiting = new ConcurrentLinkedQueue<>();

    /** One of them; answered once. */
    record Command(ControlSocket.Request request, CompletableFuture<ControlSocket.Answer> answer) {
        void done(StatusReport status) {
            answer.complete(new ControlSocket.Answer(null, status));
        }
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    Command add(ControlSocket.Request request) {
        Command command = new Command(request, new CompletableFuture<>());
        waiting.add(command);
        return command;
    }

    /** Begins what can be done, and answers what cannot. @return what is to be answered after the round */
    List<Command> begin(Map<ProfileName, CertificateKeeper> keepers, StatusReport status) {
        List<Command> going = new ArrayList<>();
        for (Command next = waiting.poll(); next != null; next = waiting.poll()) {
            String wrong = begin(next.request(), keepers);
            if (wrong == null) {
                going.add(next);
            } else {
                next.answer().complete(new ControlSocket.Answer(wrong, status));
            }
        }
        return going;
    }

    private static @Nullable String begin(ControlSocket.Request request, Map<ProfileName, CertificateKeeper> keepers) {
        String profile = request.profile();
        try {
            if (profile == null) {
                keepers.values().forEach(keeper -> keeper.hurry(request.newKey()));
                return null;
            }
            CertificateKeeper keeper = keepers.get(ProfileName.of(profile));
            if (keeper == null) {
                return "this node holds no certificate of the profile '" + profile + "'";
            }
            keeper.hurry(request.newKey());
            return null;
        } catch (IllegalArgumentException | Trouble e) {
            return Trouble.oneLine(e);
        }
    }
}
