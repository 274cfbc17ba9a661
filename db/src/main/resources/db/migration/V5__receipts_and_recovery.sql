-- Servers of this installation. The id is a file in the server's data folder, where its journal is too.
CREATE TABLE replica (
    id                  uuid        PRIMARY KEY,
    name                text        NOT NULL,
    host                text        NOT NULL,
    started_at          timestamptz NOT NULL,
    seen_at             timestamptz NOT NULL,
    stopped             boolean     NOT NULL,
    -- What its journal was found to have and the database not, for which incident of database_behind.
    checked_incident    uuid,
    missing             bigint,
    given_up_incident   uuid
);

-- What a revocation has to be proved by, fixed when it is made.
CREATE TABLE receipt (
    revocation  uuid        PRIMARY KEY REFERENCES revocation,
    cluster     text,
    called_at   timestamptz NOT NULL,
    enforced_at timestamptz
);
CREATE INDEX receipt_pending ON receipt (called_at) WHERE enforced_at IS NULL;

-- pending: is waited for. silent: a node that was not heard of for a day, and is not waited for. gone: left before it proved.
CREATE TABLE receipt_door (
    revocation  uuid        NOT NULL REFERENCES receipt,
    kind        text        NOT NULL CHECK (kind IN ('kube-apiserver', 'etcd', 'replica')),
    name        text        NOT NULL,
    state       text        NOT NULL CHECK (state IN ('pending', 'proved', 'silent', 'gone')),
    proved_at   timestamptz,
    evidence    text,
    PRIMARY KEY (revocation, kind, name),
    CHECK ((state = 'proved') = (proved_at IS NOT NULL AND evidence IS NOT NULL))
);
CREATE INDEX receipt_door_pending ON receipt_door (kind, name) WHERE state = 'pending';

-- Which server has a revocation, or its end, in its journal; null while none has. Triggers keep it, so that whatever
-- changes a revocation is journalled.
CREATE TABLE journalled (
    revocation  uuid    NOT NULL REFERENCES revocation,
    kind        text    NOT NULL CHECK (kind IN ('revoked', 'released')),
    replica     uuid,
    PRIMARY KEY (revocation, kind)
);
CREATE INDEX journalled_due ON journalled (revocation) WHERE replica IS NULL;

CREATE FUNCTION journal_revocation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO journalled (revocation, kind) VALUES (NEW.id, 'revoked');
    END IF;
    IF NEW.released_at IS NOT NULL AND (TG_OP = 'INSERT' OR OLD.released_at IS NULL) THEN
        INSERT INTO journalled (revocation, kind) VALUES (NEW.id, 'released') ON CONFLICT DO NOTHING;
    ELSIF NEW.released_at IS NULL THEN
        DELETE FROM journalled WHERE revocation = NEW.id AND kind = 'released';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER journalled AFTER INSERT OR UPDATE OF released_at ON revocation
    FOR EACH ROW EXECUTE FUNCTION journal_revocation();

INSERT INTO journalled (revocation, kind) SELECT id, 'revoked' FROM revocation;
INSERT INTO journalled (revocation, kind) SELECT id, 'released' FROM revocation WHERE released_at IS NOT NULL;

-- Every epoch this installation ever had. A mark of an epoch that is not here was given by a database newer than this one.
CREATE TABLE feed_epoch (
    epoch   uuid        PRIMARY KEY
);
CREATE FUNCTION remember_epoch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO feed_epoch (epoch) VALUES (NEW.epoch) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER remember_epoch AFTER INSERT OR UPDATE OF epoch ON installation
    FOR EACH ROW EXECUTE FUNCTION remember_epoch();
INSERT INTO feed_epoch (epoch) SELECT epoch FROM installation;

-- A row while this database is known to lack what servers or agents have seen of it.
CREATE TABLE database_behind (
    only_one        boolean     PRIMARY KEY DEFAULT true CHECK (only_one),
    incident        uuid        NOT NULL,
    since           timestamptz NOT NULL,
    epoch_changed   boolean     NOT NULL
);

-- How it is known. cluster is empty where the certificates belong to none.
CREATE TABLE behind_evidence (
    incident    uuid        NOT NULL,
    replica     uuid        NOT NULL,
    kind        text        NOT NULL CHECK (kind IN ('journal', 'mark')),
    cluster     text        NOT NULL,
    sequence    bigint      NOT NULL,
    missing     bigint      NOT NULL,
    at          timestamptz NOT NULL,
    PRIMARY KEY (incident, replica, kind, cluster)
);
