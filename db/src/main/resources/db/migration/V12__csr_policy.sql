-- Which of a cluster's CertificateSigningRequests are answered, by signer. No row, or no signer: none, and no node holds a
-- certificate to answer with.
CREATE TABLE csr_policy (
    cluster         text        PRIMARY KEY REFERENCES cluster,
    signers         text[]      NOT NULL,
    user_groups     text[]      NOT NULL,
    changed_at      timestamptz NOT NULL
);

CREATE TRIGGER announce_assignment AFTER INSERT OR UPDATE ON csr_policy
    FOR EACH ROW EXECUTE FUNCTION announce_assignment();
