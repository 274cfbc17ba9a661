package dev.certfleet.server;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.modulith.core.ApplicationModules;

/** What the packages may know; each module's own list of what it may use is in its package-info. */
class ArchitectureTest {
    private static final String[] USE_CASES = {
        "..server.x509..",
        "..server.ledger..",
        "..server.signing..",
        "..server.audit..",
        "..server.authority..",
        "..server.issuance..",
        "..server.enrolment..",
        "..server.comeback..",
        "..server.revocation.."
    };

    @SuppressWarnings("NullAway.Init")
    private static JavaClasses server;

    @BeforeAll
    static void read() {
        server = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("dev.certfleet.server");
    }

    @Test
    void modulesUseOnlyWhatTheyMay() {
        ApplicationModules.of(CertfleetServer.class).verify();
    }

    @Test
    void onlySigningAndTheLintersThrowawayKeyTouchPrivateKeys() {
        noClasses()
                .that()
                .resideOutsideOfPackages("..server.signing..", "..server.x509..")
                .and()
                .doNotHaveSimpleName("SwitchableKeyManager")
                .should()
                .dependOnClassesThat()
                .areAssignableTo(PrivateKey.class)
                .orShould()
                .dependOnClassesThat()
                .belongToAnyOf(KeyPair.class, KeyPairGenerator.class)
                .check(server);
    }

    @Test
    void useCasesDoNotKnowHttp() {
        noClasses()
                .that()
                .resideInAnyPackage(USE_CASES)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("jakarta.servlet..", "org.springframework.web..", "org.eclipse.jetty..")
                .check(server);
    }

    @Test
    void certificatesAreDescribedWithoutFrameworkOrDatabase() {
        noClasses()
                .that()
                .resideInAPackage("..server.x509..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.springframework..", "jakarta.persistence..", "java.sql..")
                .check(server);
    }

    @Test
    void issuanceAndAnswersDoNotTouchTheDatabase() {
        noClasses()
                .that()
                .resideInAnyPackage("..server.issuance..", "..server.web..", "..server.revocation..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.springframework.jdbc..", "jakarta.persistence..")
                .check(server);
    }

    @Test
    void certificatesAreSignedByTheIssuerAlone() {
        noClasses()
                .that()
                .doNotHaveSimpleName("Issuer")
                .and()
                .resideOutsideOfPackage("..server.x509..")
                .should()
                .callMethod(
                        dev.certfleet.server.x509.LintedCertificate.class,
                        "signedWith",
                        org.bouncycastle.asn1.x509.AlgorithmIdentifier.class,
                        byte[].class)
                .check(server);
    }
}
