-- A database of version 3, with an import that was never settled. Never changed: it is what migrations start from.

CREATE TABLE check_name (number INTEGER NOT NULL, name VARCHAR NOT NULL);

CREATE TABLE sample (
    check_number INTEGER NOT NULL,
    due_at BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    outcome UTINYINT NOT NULL,
    cause UTINYINT NOT NULL,
    latency BIGINT,
    dns BIGINT,
    connect BIGINT,
    tls BIGINT,
    first_byte BIGINT,
    transfer BIGINT,
    holds BIGINT NOT NULL,
    location USMALLINT NOT NULL
);

CREATE TABLE failure (
    check_number INTEGER NOT NULL, started_at BIGINT NOT NULL, reason VARCHAR, transcript VARCHAR
);
CREATE TABLE measure (
    check_number INTEGER NOT NULL, started_at BIGINT NOT NULL, name VARCHAR NOT NULL, value DOUBLE, unit VARCHAR
);

CREATE TABLE transition (
    check_number INTEGER NOT NULL, changed_at BIGINT NOT NULL, outcome UTINYINT NOT NULL, after BIGINT, reason VARCHAR
);

CREATE TABLE ping (check_number INTEGER NOT NULL, pinged_at BIGINT NOT NULL);
CREATE TABLE life (happened_at BIGINT NOT NULL, kind VARCHAR NOT NULL, detail VARCHAR NOT NULL);
CREATE TABLE flush_log (sequence BIGINT NOT NULL, samples INTEGER NOT NULL, stored_at BIGINT NOT NULL);

CREATE TABLE sealed_day (
    kind VARCHAR NOT NULL, day INTEGER NOT NULL, file VARCHAR NOT NULL, rows BIGINT NOT NULL, bytes BIGINT NOT NULL,
    sha256 VARCHAR NOT NULL, sealed_at BIGINT NOT NULL
);
CREATE TABLE sealed_check (
    day INTEGER NOT NULL, check_number INTEGER NOT NULL,
    up BIGINT NOT NULL, degraded BIGINT NOT NULL, down BIGINT NOT NULL, unknown BIGINT NOT NULL,
    first_at BIGINT NOT NULL, first_outcome UTINYINT NOT NULL, first_holds BIGINT NOT NULL,
    last_at BIGINT NOT NULL, last_outcome UTINYINT NOT NULL, last_holds BIGINT NOT NULL
);

CREATE TABLE maintenance_entry (
    number BIGINT NOT NULL, id VARCHAR NOT NULL, kind VARCHAR NOT NULL, entered_at BIGINT NOT NULL,
    person VARCHAR NOT NULL, source VARCHAR NOT NULL,
    services VARCHAR[], start_at BIGINT, end_at BIGINT, announced_at BIGINT, reason VARCHAR NOT NULL
);
CREATE TABLE adjustment_entry (
    number BIGINT NOT NULL, id VARCHAR NOT NULL, kind VARCHAR NOT NULL, entered_at BIGINT NOT NULL,
    person VARCHAR NOT NULL, source VARCHAR NOT NULL,
    service VARCHAR, class VARCHAR, outage VARCHAR, start_at BIGINT, end_at BIGINT, reason VARCHAR NOT NULL,
    evidence VARCHAR
);
CREATE TABLE unsettled (
    imported_at BIGINT NOT NULL, check_number INTEGER NOT NULL, first_at BIGINT NOT NULL, last_at BIGINT NOT NULL
);

CREATE TABLE schema_version (version INTEGER NOT NULL, applied_at BIGINT NOT NULL);
INSERT INTO schema_version VALUES (1, 1790812800000000), (2, 1790812800000000), (3, 1790812800000000);

INSERT INTO check_name VALUES (1, 'shop-home'), (2, 'shop-db');
INSERT INTO sample VALUES
    (1, 1790812800000000, 1790812800001200, 0, 0, 52000, 900, 2100, 9000, 30000, 10000, 70000000, 0),
    (2, 1790812805000000, 1790812805000800, 0, 0, 1500, NULL, 1500, NULL, NULL, NULL, 70000000, 0),
    (1, 1790812830000000, 1790812830001000, 2, 2, NULL, 800, NULL, NULL, NULL, NULL, 70000000, 0),
    (2, 1790812835000000, 1790812835000700, 0, 0, 1400, NULL, 1400, NULL, NULL, NULL, 70000000, 0);
INSERT INTO failure VALUES (1, 1790812830001000, 'connection refused', 'connecting to 192.0.2.1:443');
INSERT INTO measure VALUES (1, 1790812800001200, 'certificate_days_left', 41.5, 'd');
INSERT INTO transition VALUES
    (1, 1790812800001200, 0, NULL, NULL),
    (2, 1790812805000800, 0, NULL, NULL),
    (1, 1790812830001000, 2, 1790812800001200, 'connection refused');
INSERT INTO ping VALUES (2, 1790812806000000);
INSERT INTO life VALUES (1790812799000000, 'start', '{"pid": 4711, "version": "0.1.0"}');
INSERT INTO flush_log VALUES (1, 2, 1790812806000000), (2, 2, 1790812836000000);
INSERT INTO maintenance_entry VALUES
    (1, 'm-0001', 'planned', 1790812700000000, 'alice', 'alice@ops1', ['shop'], 1790812900000000, 1790813000000000,
     1790812700000000, 'database upgrade'),
    (2, 'm-0001', 'changed', 1790812710000000, 'alice', 'alice@ops1', NULL, 1790812900000000, 1790813100000000, NULL,
     'longer'),
    (3, 'm-0002', 'planned', 1790812720000000, 'bob', 'bob@ops1', ['shop', 'api'], 1790822900000000,
     1790823000000000, 1790812000000000, ''),
    (4, 'm-0002', 'cancelled', 1790812730000000, 'bob', 'bob@ops1', NULL, NULL, NULL, NULL, 'not needed');
INSERT INTO adjustment_entry VALUES
    (1, 'a-0001', 'added', 1790812900000000, 'alice', 'alice@ops1', 'shop', 'excused',
     'shop-20261001T000030.001Z', 1790812830001000, 1790812900000000, 'their line', 'https://tickets.example/1'),
    (2, 'a-0001', 'approved', 1790812910000000, 'bob', 'bob@ops1', NULL, NULL, NULL, NULL, NULL, 'seen', NULL),
    (3, 'a-0002', 'added', 1790812920000000, 'alice', 'alice@ops1', 'shop', 'counted', '', 1790812810000000,
     1790812820000000, 'missed', ''),
    (4, 'a-0002', 'withdrawn', 1790812930000000, 'bob', 'bob@ops1', NULL, NULL, NULL, NULL, NULL, 'wrong', NULL);
INSERT INTO unsettled VALUES (1790812840000000, 1, 1790812800001200, 1790812800001200);
