-- +goose Up
COMMENT ON SCHEMA squire IS 'squired: sealed secrets, policy and audit trail. Every value is encrypted with a key that is not in this database.';

-- Keys are bytes, in byte order. What is sealed cannot be compressed.
CREATE TABLE squire.records (
    bucket text COLLATE "C" NOT NULL,
    key    bytea NOT NULL,
    value  bytea NOT NULL,
    PRIMARY KEY (bucket, key)
);
ALTER TABLE squire.records ALTER COLUMN value SET STORAGE EXTERNAL;

-- One row from the moment that there is a store. Writers lock the table.
CREATE TABLE squire.store (
    one  boolean PRIMARY KEY DEFAULT true CHECK (one),
    made timestamptz NOT NULL DEFAULT now()
);

-- Transactions that deleted, until a VACUUM came after them.
CREATE TABLE squire.unpurged (
    xact xid8 PRIMARY KEY DEFAULT pg_current_xact_id(),
    at   timestamptz NOT NULL DEFAULT now()
);
