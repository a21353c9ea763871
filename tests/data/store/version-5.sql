-- A database of version 5, with an incident that was told of, what people entered, and two frozen reports. Never changed: it is what migrations start from.

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
INSERT INTO schema_version VALUES (1, 1790812800000000), (2, 1790812800000000), (3, 1790812800000000), (4, 1790812800000000), (5, 1790812800000000);

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

CREATE TABLE alert_event (
    number BIGINT NOT NULL, happened_at BIGINT NOT NULL, kind VARCHAR NOT NULL, subject VARCHAR NOT NULL,
    text VARCHAR NOT NULL, person VARCHAR NOT NULL, origin VARCHAR NOT NULL, changes VARCHAR NOT NULL,
    gone BOOLEAN NOT NULL, incident BIGINT
);
CREATE TABLE alert_snapshot (number BIGINT NOT NULL, taken_at BIGINT NOT NULL, state VARCHAR NOT NULL);

CREATE TABLE attempt (
    key VARCHAR NOT NULL, place INTEGER NOT NULL, incident BIGINT NOT NULL, kind VARCHAR NOT NULL,
    recipient VARCHAR NOT NULL, channel VARCHAR NOT NULL, started_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL, verdict VARCHAR NOT NULL, status INTEGER, answer VARCHAR NOT NULL,
    provider_id VARCHAR NOT NULL, possible_duplicate BOOLEAN NOT NULL
);

CREATE TABLE silence_entry (
    number BIGINT NOT NULL, id VARCHAR NOT NULL, kind VARCHAR NOT NULL, entered_at BIGINT NOT NULL,
    person VARCHAR NOT NULL, source VARCHAR NOT NULL,
    matchers VARCHAR NOT NULL, author VARCHAR NOT NULL, comment VARCHAR NOT NULL,
    start_at BIGINT NOT NULL, end_at BIGINT NOT NULL
);
CREATE TABLE override_entry (
    number BIGINT NOT NULL, id VARCHAR NOT NULL, kind VARCHAR NOT NULL, entered_at BIGINT NOT NULL,
    person VARCHAR NOT NULL, source VARCHAR NOT NULL,
    schedule VARCHAR, change VARCHAR, reason VARCHAR NOT NULL
);

CREATE TABLE token (
    id VARCHAR NOT NULL, name VARCHAR NOT NULL, hash VARCHAR NOT NULL, role VARCHAR NOT NULL,
    organizations VARCHAR[], created_at BIGINT NOT NULL, created_by VARCHAR NOT NULL,
    expires_at BIGINT, revoked_at BIGINT, used_at BIGINT
);
CREATE TABLE session (
    hash VARCHAR NOT NULL, name VARCHAR NOT NULL, kind VARCHAR NOT NULL, mark VARCHAR NOT NULL,
    groups VARCHAR[] NOT NULL, source VARCHAR NOT NULL, created_at BIGINT NOT NULL, seen_at BIGINT NOT NULL
);
CREATE TABLE audit (
    number BIGINT NOT NULL, happened_at BIGINT NOT NULL, person VARCHAR NOT NULL, source VARCHAR NOT NULL,
    action VARCHAR NOT NULL, subject VARCHAR NOT NULL, outcome VARCHAR NOT NULL, detail VARCHAR NOT NULL
);

CREATE TABLE frozen_report (
    number BIGINT NOT NULL, organization VARCHAR, place BIGINT NOT NULL, previous VARCHAR NOT NULL,
    manifest_sha256 VARCHAR NOT NULL, report VARCHAR NOT NULL, agreement VARCHAR, label VARCHAR NOT NULL,
    start_at BIGINT NOT NULL, end_at BIGINT NOT NULL, timezone VARCHAR NOT NULL,
    frozen_at BIGINT NOT NULL, person VARCHAR NOT NULL, source VARCHAR NOT NULL, reason VARCHAR NOT NULL,
    restates BIGINT, verdict VARCHAR NOT NULL, version VARCHAR NOT NULL, evidence_sha256 VARCHAR NOT NULL,
    public_key VARCHAR NOT NULL, bytes BIGINT NOT NULL, pack BLOB NOT NULL
);

INSERT INTO alert_event VALUES
    (1, 10, 'daemon.started', 'state', '', '', '', '{"epoch":1,"down":[]}', false, 0),
    (2, 20, 'alert.fired', 'alert:disk{mount="/"}', 'disk ü is full', '', '', '{"fingerprint":"disk{mount=\"/\"}","check":"disk","severity":"critical","title":"disk ü is full","since":1,"fired_at":20,"service":"shop","organization":"","labels":[["mount","/"]],"policy":"","firing":true,"stale":false,"flapping":false,"suppressed":[],"incident":null,"actual":"","threshold":"","resolved_at":null,"resolution":"","guard_until":null,"guard_results":0,"reports":1}', false, 1),
    (3, 20, 'incident.numbered', 'state', '', '', '', '{"next_incident":2}', false, 0),
    (4, 20, 'incident.opened', 'incident:1', 'disk ü is full', '', '', '{"id":1,"title":"disk ü is full","group":["default","service=shop"],"policy":{"name":"default","levels":[{"to":["channel:ops"],"wait":60000000,"if_":"not_acked"}],"repeat":2,"ack_timeout":null,"ack_reminder":300000000,"sticky_ack":false,"reopen_window":300000000,"snooze_limit":604800000000,"fallback":[],"exhausted_reminder":86400000000,"group_by":["service"],"group_wait":null,"group_interval":60000000},"severity":"critical","opened_at":20,"changed_at":20,"service":"shop","organization":"","state":"triggered","generation":1,"reopened":0,"alerts":["disk{mount=\"/\"}"],"children":[],"merged":[],"merged_into":null,"level":-1,"cycle":0,"reached":false,"exhausted":false,"round":0,"retold":0,"timers":[],"told":[],"withheld":false,"suppressed":[],"dirty":"","flushed_at":null,"seen":[],"seen_over":[],"acker":"","acked_at":null,"assignee":"","commander":"","communications":"","snoozed_until":null,"resolved_at":null,"resolved_by":"","resolution":"","reopen_until":null,"duplicates":0,"notes":[],"published":[],"manual":false}', false, 1),
    (5, 20, 'incident.changed', 'incident:1', '', '', '', '{"timers":[["level",1,20,20,0,"",-1,0,"",0,[]]]}', false, 1),
    (6, 20, 'alert.joined', 'alert:disk{mount="/"}', '', '', '', '{"incident":1}', false, 1),
    (7, 20, 'incident.changed', 'incident:1', '', '', '', '{"timers":[]}', false, 1),
    (8, 20, 'incident.changed', 'incident:1', '', '', '', '{"level":0,"reached":true}', false, 1),
    (9, 20, 'level.fired', 'incident:1', 'level 0, cycle 0: channel:ops', '', '', '{"flushed_at":20,"seen":["disk{mount=\"/\"}"]}', false, 1),
    (10, 20, 'row.queued', 'row:1:1:trigger:0:0:channel:ops:ops', '', '', '', '{"key":"1:1:trigger:0:0:channel:ops:ops","incident":1,"generation":1,"kind":"trigger","recipient":"channel:ops","channel":"ops","created_at":20,"not_before":20,"expires_at":3600000020,"level":0,"cycle":0,"contact":0,"stage":"queued","attempt":0,"lease_until":0,"lease_epoch":0,"possible_duplicate":false,"reason":"","detail":"","late":0,"why":"","answer":"","provider_id":"","superseded_by":"","reopened":0,"service":"shop","severity":"critical","keeps_state":false,"quiet":false,"renewed":0}', false, 1),
    (11, 20, 'incident.changed', 'incident:1', '', '', '', '{"timers":[["level",1,20,60000020,60000000,"",-1,0,"",0,[]]]}', false, 1),
    (12, 21, 'row.sending', 'row:1:1:trigger:0:0:channel:ops:ops', '', '', '', '{"stage":"sending","lease_until":30000021,"lease_epoch":1}', false, 1),
    (13, 22, 'row.sent', 'row:1:1:trigger:0:0:channel:ops:ops', '250 ok', '', '', '{"stage":"sent","attempt":1,"answer":"250 ok","provider_id":"x1"}', false, 1),
    (14, 22, 'incident.changed', 'incident:1', '', '', '', '{"told":[["channel:ops","ops","trigger",22,true,"x1",false]]}', false, 1),
    (15, 30000000, 'incident.acked', 'incident:1', 'acknowledged by person:bob', 'person:bob', 'cli', '{"generation":2,"changed_at":30000000,"timers":[],"state":"acked","acker":"person:bob","acked_at":30000000}', false, 1),
    (16, 30000000, 'incident.changed', 'incident:1', '', 'person:bob', 'cli', '{"timers":[["ack_timeout",2,30000000,1830000000,1800000000,"",-1,0,"",0,[]]]}', false, 1),
    (17, 30000000, 'incident.changed', 'incident:1', '', 'person:bob', 'cli', '{"timers":[["ack_timeout",2,30000000,1830000000,1800000000,"",-1,0,"",0,[]],["ack_reminder",2,30000000,1530000000,1500000000,"",-1,0,"",0,[]]]}', false, 1),
    (18, 30000000, 'incident.changed', 'incident:1', '', 'person:bob', 'cli', '{"round":1}', false, 1),
    (19, 30000000, 'row.queued', 'row:1:2:ack:-1:1:channel:ops:ops', '', 'person:bob', 'cli', '{"key":"1:2:ack:-1:1:channel:ops:ops","incident":1,"generation":2,"kind":"ack","recipient":"channel:ops","channel":"ops","created_at":30000000,"not_before":30000000,"expires_at":3630000000,"level":-1,"cycle":0,"contact":0,"stage":"queued","attempt":0,"lease_until":0,"lease_epoch":0,"possible_duplicate":false,"reason":"acknowledged","detail":"acknowledged by person:bob","late":0,"why":"","answer":"","provider_id":"","superseded_by":"","reopened":0,"service":"shop","severity":"critical","keeps_state":false,"quiet":false,"renewed":0}', false, 1),
    (20, 50000000, 'alert.resolved', 'alert:disk{mount="/"}', 'disk ü is full: recovered', '', '', '{"firing":false,"stale":false,"flapping":false,"resolved_at":50000000,"resolution":"recovered","suppressed":[],"guard_until":null}', false, 1),
    (21, 50000000, 'row.cancelled', 'row:1:2:ack:-1:1:channel:ops:ops', 'generation: ack to channel:ops through ops', '', '', '{"stage":"cancelled","why":"generation","superseded_by":""}', false, 1),
    (22, 50000000, 'incident.resolved', 'incident:1', 'all alerts are over: recovered', '', '', '{"generation":3,"changed_at":50000000,"timers":[],"state":"resolved","resolved_at":50000000,"resolution":"resolved","reopen_until":350000000}', false, 1),
    (23, 50000000, 'incident.changed', 'incident:1', '', '', '', '{"round":2}', false, 1),
    (24, 50000000, 'row.queued', 'row:1:3:resolve:-1:2:channel:ops:ops', '', '', '', '{"key":"1:3:resolve:-1:2:channel:ops:ops","incident":1,"generation":3,"kind":"resolve","recipient":"channel:ops","channel":"ops","created_at":50000000,"not_before":50000000,"expires_at":3650000000,"level":-1,"cycle":0,"contact":0,"stage":"queued","attempt":0,"lease_until":0,"lease_epoch":0,"possible_duplicate":false,"reason":"resolved","detail":"all alerts are over: recovered","late":0,"why":"","answer":"","provider_id":"","superseded_by":"","reopened":0,"service":"shop","severity":"critical","keeps_state":false,"quiet":false,"renewed":0}', false, 1);
INSERT INTO attempt VALUES
    ('1:1:trigger:0:0:channel:ops:ops', 1, 1, 'trigger', 'channel:ops', 'ops', 21, 22, 'ok', 250, '250 ok', 'x1', false);
INSERT INTO silence_entry VALUES
    (1, 's-0001', 'made', 1790812800000000, 'alice', 'alice@ops1', '[["check", "=", "disk"]]', 'alice', 'known',
     1790812800000000, 1790816400000000);
INSERT INTO audit VALUES
    (1, 1790812800000000, 'alice', 'unix:alice', 'silence.add', 'silence:s-0001', 'allowed', '{}');
INSERT INTO frozen_report VALUES
    (1, NULL, 1, '', '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef', 'all', NULL, '2026-09', 1788220800000000, 1790812800000000, 'UTC',
     1790813400000000, 'alice', 'alice@ops1', '', NULL, '', '0.1.0', 'fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210', 'RWQ', 4, '\x50\x4B\x05\x06'::BLOB),
    (2, NULL, 2, '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef', 'fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210', 'all', NULL, '2026-09', 1788220800000000, 1790812800000000, 'UTC',
     1790899800000000, 'alice', 'alice@ops1', 'late samples', 1, '', '0.1.0', '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef', 'RWQ', 4, '\x50\x4B\x05\x06'::BLOB);
