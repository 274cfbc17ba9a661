-- What servers keep in memory to answer OCSP from has to follow the tables. Every change of a certificate's status leaves
-- its serial here, with the transaction that made it: whoever remembers the snapshot of its last reading finds what that
-- snapshot did not show yet, however late it was committed, and no writer waits for another. Rows are kept for a day.
CREATE TABLE status_change (
    xid     xid8        NOT NULL DEFAULT pg_current_xact_id(),
    serial  bytea       NOT NULL,
    at      timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX status_change_xid ON status_change (xid);

CREATE FUNCTION certificate_status_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO status_change (serial) VALUES (NEW.serial);
    RETURN NULL;
END $$;
CREATE TRIGGER status_of_new AFTER INSERT ON certificate
    FOR EACH ROW WHEN (NEW.state = 'issued') EXECUTE FUNCTION certificate_status_changed();
CREATE TRIGGER status_of_changed AFTER UPDATE OF state, authority, not_after ON certificate
    FOR EACH ROW WHEN ('issued' IN (OLD.state, NEW.state)) EXECUTE FUNCTION certificate_status_changed();

-- Only revocations and releases are announced: a commit with a NOTIFY waits for every other one, and what was issued is
-- looked for when somebody asks for it.
CREATE FUNCTION revocation_status_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO status_change (serial) SELECT serial FROM changed;
    PERFORM pg_notify('certfleet_status', '');
    RETURN NULL;
END $$;
CREATE TRIGGER status_of_revoked AFTER INSERT ON revocation
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION revocation_status_changed();
CREATE TRIGGER status_of_released AFTER UPDATE ON revocation
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION revocation_status_changed();
