package dev.certfleet.server.x509;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.certfleet.pki.ProfileName;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LifetimesTest {
    @Test
    void takesWhatIsSetAndTheProfilesOwnElsewhere() {
        Lifetimes lifetimes =
                Lifetimes.of(Map.of("kube-apiserver", Duration.ofDays(4), "etcdpeer", Duration.ofDays(9)));
        assertThat(lifetimes.of(ProfileName.KUBE_APISERVER)).isEqualTo(Duration.ofDays(4));
        assertThat(lifetimes.of(ProfileName.ETCD_PEER)).isEqualTo(Duration.ofDays(9));
        assertThat(lifetimes.of(ProfileName.KUBELET_CLIENT)).isEqualTo(Duration.ofDays(30));
        assertThat(lifetimes.of(ProfileName.KUBERNETES_SUPER_ADMIN)).isEqualTo(Duration.ofHours(8));
    }

    @Test
    void refusesWhatIsNoProfileOrTooShortOrTooLong() {
        refuses("kube-apiservers", Duration.ofDays(4), "kube-apiservers is no profile");
        refuses("kubelet-client", Duration.ofMinutes(4), "from PT5M to P397D");
        refuses("kubelet-client", Duration.ofDays(398), "kubelet-client.lifetime");
        refuses("kubernetes-super-admin", Duration.ofHours(25), "to P1D");
    }

    private static void refuses(String profile, Duration lifetime, String message) {
        assertThatThrownBy(() -> Lifetimes.of(Map.of(profile, lifetime))).hasMessageContaining(message);
    }
}
