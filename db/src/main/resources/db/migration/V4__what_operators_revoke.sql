-- A node in quarantine: all it held is revoked, its keys are blocked, nothing is issued to it.
ALTER TABLE node DROP CONSTRAINT node_state_check;
ALTER TABLE node ADD CONSTRAINT node_state_check
    CHECK (state IN ('active', 'retired', 'reinstall-allowed', 'quarantined'));

-- A withdrawn authority is in no trust bundle any more; it still answers for the status of what it issued.
ALTER TABLE authority DROP CONSTRAINT authority_state_check;
ALTER TABLE authority ADD CONSTRAINT authority_state_check
    CHECK (state IN ('active', 'retired', 'withdrawn'));

-- Public keys that are never certified again. What records a certificate and what blocks its key exclude each other by
-- an advisory lock on the key. cluster and node are those of a quarantine; a compromised key belongs to no cluster.
CREATE TABLE blocked_key (
    public_key_hash bytea       PRIMARY KEY CHECK (octet_length(public_key_hash) = 32),
    cause           text        NOT NULL CHECK (cause IN ('compromised', 'quarantine')),
    cluster         text        REFERENCES cluster,
    node            text,
    comment         text,
    blocked_by      text        NOT NULL,
    blocked_at      timestamptz NOT NULL,
    CHECK ((cause = 'quarantine') = (cluster IS NOT NULL AND node IS NOT NULL))
);
CREATE INDEX blocked_key_age ON blocked_key (blocked_at, public_key_hash);

INSERT INTO blocked_key (public_key_hash, cause, blocked_by, blocked_at)
    SELECT DISTINCT ON (c.public_key_hash) c.public_key_hash, 'compromised', r.revoked_by, r.revoked_at
    FROM revocation r JOIN certificate c USING (serial) WHERE r.reason = 1
    ORDER BY c.public_key_hash, r.revoked_at;

-- What was answered to a confirmed call that revoked many certificates: the same confirmation gives the same answer.
CREATE TABLE bulk_revocation (
    confirmation    text        PRIMARY KEY,
    operation       text        NOT NULL,
    made_by         text        NOT NULL,
    made_at         timestamptz NOT NULL,
    answer          jsonb       NOT NULL
);
