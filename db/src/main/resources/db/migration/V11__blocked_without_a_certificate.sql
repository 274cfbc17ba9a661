-- What is blocked though no certificate says so goes into the servers' journals too. replica, journalled, end_journalled:
-- the server that has it there; null while none has. A trigger keeps that of keys, so that whatever blocks one is journalled.
CREATE TABLE journalled_key (
    public_key_hash bytea   NOT NULL REFERENCES blocked_key,
    cause           text    NOT NULL,
    replica         uuid,
    PRIMARY KEY (public_key_hash, cause)
);
CREATE INDEX journalled_key_due ON journalled_key (public_key_hash) WHERE replica IS NULL;

CREATE FUNCTION journal_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO journalled_key (public_key_hash, cause) VALUES (NEW.public_key_hash, NEW.cause) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER journalled_key AFTER INSERT OR UPDATE OF cause ON blocked_key
    FOR EACH ROW EXECUTE FUNCTION journal_key();

INSERT INTO journalled_key (public_key_hash, cause) SELECT public_key_hash, cause FROM blocked_key;

-- A key stays blocked, whatever becomes of the cluster of the node that had it.
ALTER TABLE blocked_key DROP CONSTRAINT blocked_key_cluster_fkey;

-- Quarantines of nodes, with all that is needed to put one back into a database that has lost it and the node.
-- tokens: those that the machine used or that only its name fits, used up or not: in an older database they still let
-- somebody in. machines: kind and hexadecimal digest of enrolled_machine. ended_at: when a reinstall was allowed.
CREATE TABLE quarantine (
    id              uuid        PRIMARY KEY,
    cluster         text        NOT NULL REFERENCES cluster,
    node            text        NOT NULL,
    roles           text[]      NOT NULL,
    addresses       text[]      NOT NULL,
    enrolled_at     timestamptz NOT NULL,
    tokens          text[]      NOT NULL,
    machines        text[]      NOT NULL,
    reason          text        NOT NULL,
    comment         text,
    quarantined_by  text        NOT NULL,
    quarantined_at  timestamptz NOT NULL,
    ended_by        text,
    ended_at        timestamptz,
    journalled      uuid,
    end_journalled  uuid,
    CHECK ((ended_by IS NULL) = (ended_at IS NULL))
);
CREATE INDEX quarantine_open ON quarantine (cluster, node) WHERE ended_at IS NULL;
CREATE INDEX quarantine_due ON quarantine (quarantined_at) WHERE journalled IS NULL;
CREATE INDEX quarantine_end_due ON quarantine (ended_at) WHERE ended_at IS NOT NULL AND end_journalled IS NULL;

-- Those that there are. The id is made of the name, so that a backup of before this gets the same one.
INSERT INTO quarantine (id, cluster, node, roles, addresses, enrolled_at, tokens, machines, reason, comment,
        quarantined_by, quarantined_at)
    SELECT md5('quarantine of ' || n.cluster || '/' || n.name)::uuid, n.cluster, n.name, n.roles, n.addresses,
        n.enrolled_at,
        ARRAY(SELECT t.id::text FROM enrolment_token t WHERE t.cluster = n.cluster AND t.expires_at > now()
            AND (t.node_name_pattern = n.name OR EXISTS (SELECT 1 FROM certificate c WHERE c.cluster = n.cluster
                AND c.node = n.name AND c.requester = 'token:' || t.id)) ORDER BY t.id),
        ARRAY(SELECT m.kind || ' ' || encode(m.machine, 'hex') FROM enrolled_machine m
            WHERE m.cluster = n.cluster AND m.node = n.name ORDER BY 1),
        coalesce(a.detail ->> 'reason', 'privilegeWithdrawn'), a.detail ->> 'comment', coalesce(a.actor, 'server'),
        coalesce(a.at, now())
    FROM node n LEFT JOIN LATERAL (SELECT e.actor, e.at, e.detail FROM audit_event e WHERE e.cluster = n.cluster
            AND e.type = 'node-quarantined' AND e.detail ->> 'node' = n.name ORDER BY e.sequence DESC LIMIT 1) a ON true
    WHERE n.state = 'quarantined';
