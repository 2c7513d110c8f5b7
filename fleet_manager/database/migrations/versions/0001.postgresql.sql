CREATE TABLE boot (
    gate VARCHAR(20) NOT NULL,
    boot BIGINT NOT NULL,
    basis SMALLINT NOT NULL,
    offset_ms BIGINT NOT NULL,
    PRIMARY KEY (gate, boot)
);

CREATE TABLE claim (
    journal BYTEA NOT NULL,
    number BIGINT NOT NULL,
    ticket BYTEA NOT NULL,
    persons INTEGER NOT NULL,
    reentry BOOLEAN NOT NULL,
    reason SMALLINT NOT NULL,
    "left" INTEGER NOT NULL,
    expires_ms BIGINT NOT NULL,
    PRIMARY KEY (journal, number)
);

CREATE TABLE conflict (
    ticket BYTEA NOT NULL,
    day INTEGER NOT NULL,
    reason SMALLINT NOT NULL,
    persons INTEGER NOT NULL,
    cents BIGINT,
    sure BOOLEAN NOT NULL,
    records TEXT NOT NULL,
    found_ms BIGINT NOT NULL,
    state VARCHAR(10) NOT NULL,
    by TEXT NOT NULL,
    why TEXT NOT NULL,
    changed_ms BIGINT NOT NULL,
    PRIMARY KEY (ticket, day)
);

CREATE TABLE forgiven (
    no SERIAL NOT NULL,
    ticket BYTEA NOT NULL,
    persons INTEGER NOT NULL,
    at_ms BIGINT NOT NULL,
    by TEXT NOT NULL,
    why TEXT NOT NULL,
    PRIMARY KEY (no)
);

CREATE TABLE incident (
    kind VARCHAR(20) NOT NULL,
    gate VARCHAR(20) NOT NULL,
    detail VARCHAR(200) NOT NULL,
    times BIGINT NOT NULL,
    first_ms BIGINT NOT NULL,
    last_ms BIGINT NOT NULL,
    PRIMARY KEY (kind, gate, detail)
);

CREATE TABLE key_set (
    version BIGINT NOT NULL,
    turns BOOLEAN NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (version)
);

CREATE TABLE list_version (
    series VARCHAR(16) NOT NULL,
    version BIGINT NOT NULL,
    as_of_ms BIGINT NOT NULL,
    changes BIGINT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (series, version)
);

CREATE TABLE meta (
    name VARCHAR(32) NOT NULL,
    value BIGINT NOT NULL,
    PRIMARY KEY (name)
);

CREATE TABLE product (
    id INTEGER NOT NULL,
    code VARCHAR(20) NOT NULL,
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    kind VARCHAR(8) NOT NULL,
    admits INTEGER NOT NULL,
    zones INTEGER NOT NULL,
    policy SMALLINT NOT NULL,
    days INTEGER NOT NULL,
    price_cents BIGINT,
    PRIMARY KEY (id),
    UNIQUE (code)
);

CREATE TABLE renewal (
    gate VARCHAR(20) NOT NULL,
    ordered BOOLEAN NOT NULL,
    following BYTEA,
    keyed_ms BIGINT NOT NULL,
    PRIMARY KEY (gate)
);

CREATE TABLE rule (
    product INTEGER NOT NULL,
    settings TEXT NOT NULL,
    PRIMARY KEY (product)
);

CREATE TABLE rule_book (
    version BIGINT NOT NULL,
    as_of_ms BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (version)
);

CREATE TABLE series (
    id VARCHAR(16) NOT NULL,
    owner TEXT NOT NULL,
    salt BYTEA NOT NULL,
    tagged BOOLEAN NOT NULL,
    change BIGINT NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE station (
    id VARCHAR(20) NOT NULL,
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    news BIGINT DEFAULT 0 NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE untimed (
    journal INTEGER NOT NULL,
    seq BIGINT NOT NULL,
    boot BIGINT NOT NULL,
    mono_ms BIGINT NOT NULL,
    said_ms BIGINT NOT NULL,
    basis SMALLINT NOT NULL,
    PRIMARY KEY (journal, seq)
);

CREATE TABLE code (
    series VARCHAR(16) NOT NULL,
    digest BYTEA NOT NULL,
    kind INTEGER NOT NULL,
    status SMALLINT NOT NULL,
    tag BYTEA,
    change BIGINT NOT NULL,
    PRIMARY KEY (series, digest),
    FOREIGN KEY(series) REFERENCES series (id)
);

CREATE TABLE code_kind (
    series VARCHAR(16) NOT NULL,
    no INTEGER NOT NULL,
    product INTEGER NOT NULL,
    not_before BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    admits INTEGER NOT NULL,
    zones INTEGER NOT NULL,
    policy SMALLINT NOT NULL,
    PRIMARY KEY (series, no),
    FOREIGN KEY(series) REFERENCES series (id),
    FOREIGN KEY(product) REFERENCES product (id)
);

CREATE TABLE code_right (
    series VARCHAR(16) NOT NULL,
    item BIGINT NOT NULL,
    variation BIGINT NOT NULL,
    subevent BIGINT NOT NULL,
    kind INTEGER NOT NULL,
    PRIMARY KEY (series, item, variation, subevent),
    FOREIGN KEY(series) REFERENCES series (id)
);

CREATE TABLE code_signer (
    series VARCHAR(16) NOT NULL,
    public BYTEA NOT NULL,
    PRIMARY KEY (series, public),
    FOREIGN KEY(series) REFERENCES series (id)
);

CREATE TABLE gate (
    id VARCHAR(20) NOT NULL,
    station VARCHAR(20) NOT NULL,
    public BYTEA NOT NULL,
    added_ms BIGINT NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(station) REFERENCES station (id)
);

CREATE TABLE news (
    station VARCHAR(20) NOT NULL,
    first BIGINT NOT NULL,
    last BIGINT NOT NULL,
    journal INTEGER NOT NULL,
    first_seq BIGINT NOT NULL,
    last_seq BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (station, first),
    FOREIGN KEY(station) REFERENCES station (id)
);

CREATE TABLE pretix_item (
    series VARCHAR(16) NOT NULL,
    item BIGINT NOT NULL,
    variation BIGINT NOT NULL,
    product INTEGER NOT NULL,
    PRIMARY KEY (series, item, variation),
    FOREIGN KEY(series) REFERENCES series (id),
    FOREIGN KEY(product) REFERENCES product (id)
);

CREATE TABLE pretix_source (
    series VARCHAR(16) NOT NULL,
    url TEXT NOT NULL,
    organizer TEXT NOT NULL,
    event TEXT NOT NULL,
    check_in_list BIGINT NOT NULL,
    signed BOOLEAN NOT NULL,
    not_before BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    since TEXT NOT NULL,
    pulled_ms BIGINT NOT NULL,
    unmapped BIGINT NOT NULL,
    PRIMARY KEY (series),
    FOREIGN KEY(series) REFERENCES series (id)
);

CREATE TABLE pretix_ticket (
    series VARCHAR(16) NOT NULL,
    secret VARCHAR(256) NOT NULL,
    position BIGINT NOT NULL,
    ticket BYTEA NOT NULL,
    PRIMARY KEY (series, secret),
    FOREIGN KEY(series) REFERENCES series (id)
);

CREATE TABLE ticket (
    serial BIGINT NOT NULL,
    product INTEGER NOT NULL,
    key_id BYTEA NOT NULL,
    issued_at BIGINT NOT NULL,
    not_before BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    admits INTEGER NOT NULL,
    zones INTEGER NOT NULL,
    policy SMALLINT NOT NULL,
    group_no BIGINT,
    holder_tag BYTEA,
    issue SMALLINT NOT NULL,
    status SMALLINT NOT NULL,
    extra SMALLINT NOT NULL,
    now_for BYTEA,
    change BIGINT NOT NULL,
    PRIMARY KEY (serial),
    FOREIGN KEY(product) REFERENCES product (id)
);

CREATE TABLE journal (
    no SERIAL NOT NULL,
    id BYTEA NOT NULL,
    gate VARCHAR(20) NOT NULL,
    mark BIGINT NOT NULL,
    head BYTEA NOT NULL,
    forked BOOLEAN NOT NULL,
    first_seen_ms BIGINT NOT NULL,
    PRIMARY KEY (no),
    UNIQUE (id),
    FOREIGN KEY(gate) REFERENCES gate (id)
);

CREATE TABLE report (
    gate VARCHAR(20) NOT NULL,
    seen_ms BIGINT NOT NULL,
    software TEXT NOT NULL,
    lists TEXT NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (gate),
    FOREIGN KEY(gate) REFERENCES gate (id)
);

CREATE TABLE tally (
    day INTEGER NOT NULL,
    hour SMALLINT NOT NULL,
    gate VARCHAR(20) NOT NULL,
    lane SMALLINT NOT NULL,
    direction SMALLINT NOT NULL,
    product INTEGER NOT NULL,
    kind SMALLINT NOT NULL,
    reason SMALLINT NOT NULL,
    events BIGINT NOT NULL,
    persons BIGINT NOT NULL,
    first BIGINT NOT NULL,
    PRIMARY KEY (day, hour, gate, lane, direction, product, kind, reason),
    FOREIGN KEY(gate) REFERENCES gate (id)
);

CREATE TABLE passage (
    journal INTEGER NOT NULL,
    seq BIGINT NOT NULL,
    kind SMALLINT NOT NULL,
    lane SMALLINT NOT NULL,
    direction SMALLINT NOT NULL,
    day INTEGER NOT NULL,
    wall_ms BIGINT NOT NULL,
    persons INTEGER NOT NULL,
    ticket BYTEA,
    product INTEGER,
    reason SMALLINT NOT NULL,
    admits INTEGER NOT NULL,
    record BYTEA NOT NULL,
    PRIMARY KEY (journal, seq),
    FOREIGN KEY(journal) REFERENCES journal (no)
);

CREATE TABLE pretix_mark (
    series VARCHAR(16) NOT NULL,
    journal INTEGER NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (series, journal),
    FOREIGN KEY(series) REFERENCES series (id),
    FOREIGN KEY(journal) REFERENCES journal (no)
);

CREATE TABLE pretix_refusal (
    series VARCHAR(16) NOT NULL,
    journal INTEGER NOT NULL,
    seq BIGINT NOT NULL,
    reason VARCHAR(100) NOT NULL,
    told_ms BIGINT NOT NULL,
    PRIMARY KEY (series, journal, seq),
    FOREIGN KEY(series) REFERENCES series (id),
    FOREIGN KEY(journal) REFERENCES journal (no)
);

CREATE INDEX claim_ticket ON claim (ticket);

CREATE INDEX forgiven_ticket ON forgiven (ticket);

CREATE INDEX untimed_boot ON untimed (journal, boot);

CREATE INDEX untimed_new ON untimed (basis) WHERE basis = -1;

CREATE INDEX code_change ON code (series, change);

CREATE INDEX news_at ON news (at_ms);

CREATE INDEX pretix_ticket_id ON pretix_ticket (ticket);

CREATE INDEX pretix_ticket_position ON pretix_ticket (series, position);

CREATE INDEX ticket_change ON ticket (change) WHERE change > 0;

CREATE INDEX ticket_group ON ticket (group_no) WHERE group_no IS NOT NULL;

CREATE INDEX ticket_listed ON ticket (serial) WHERE status <> 1 OR issue > 0 OR extra > 0 OR now_for IS NOT NULL;

CREATE INDEX passage_ticket ON passage (ticket, day, kind, direction, persons, admits) WHERE kind IN (3, 8, 10);
