-- 001: evidence, series, events, and where things stand. Times are unix milliseconds.
-- A block's id is node << 40 | seq, so that a node's blocks lie side by side in their order.

CREATE TABLE node (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

-- The time at which a transaction was on disk; written by the transaction after it.
CREATE TABLE batch (
  id INTEGER PRIMARY KEY,
  committed_ms INTEGER
) STRICT;

CREATE TABLE block (
  id INTEGER PRIMARY KEY,
  sealed BLOB NOT NULL,
  link BLOB NOT NULL,
  prev BLOB NOT NULL,
  chain TEXT NOT NULL CHECK (chain IN ('linked', 'pending', 'broken')),
  boot INTEGER NOT NULL,
  t0_ms INTEGER NOT NULL,
  mode INTEGER NOT NULL,
  clock INTEGER NOT NULL,
  received_ms INTEGER NOT NULL,
  batch INTEGER NOT NULL REFERENCES batch (id)
) STRICT;

CREATE INDEX block_broken ON block (id) WHERE chain = 'broken';

-- Which seqs are here, or gone for ever by the node's own word, as runs without a hole.
CREATE TABLE run (
  node INTEGER NOT NULL REFERENCES node (id),
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  PRIMARY KEY (node, first)
) STRICT, WITHOUT ROWID;

-- Channels as described last; `number` is the event that did, NULL until one does.
CREATE TABLE channel (
  id INTEGER PRIMARY KEY,
  node INTEGER NOT NULL REFERENCES node (id),
  ch INTEGER NOT NULL,
  number INTEGER,
  boot INTEGER,
  name TEXT,
  quantity INTEGER,
  urn TEXT,
  scale INTEGER,
  period_ms INTEGER,
  low INTEGER,
  high INTEGER,
  uncertainty INTEGER,
  horizon_s INTEGER,
  sensor TEXT,
  instrument TEXT,
  UNIQUE (node, ch)
) STRICT;

CREATE TABLE limits (
  channel INTEGER NOT NULL REFERENCES channel (id),
  condition INTEGER NOT NULL,
  number INTEGER NOT NULL,
  boot INTEGER NOT NULL,
  value INTEGER,
  deadband INTEGER,
  on_delay_ms INTEGER,
  off_delay_ms INTEGER,
  priority INTEGER,
  latch INTEGER,
  predict INTEGER,
  PRIMARY KEY (channel, condition)
) STRICT, WITHOUT ROWID;

-- Samples as packed in the block (protocols.block); rows stay under a third of a page.
CREATE TABLE series (
  channel INTEGER NOT NULL REFERENCES channel (id),
  t0_ms INTEGER NOT NULL,
  block INTEGER NOT NULL REFERENCES block (id),
  part INTEGER NOT NULL,
  period_ms INTEGER NOT NULL,
  count INTEGER NOT NULL,
  scale INTEGER NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY (channel, t0_ms, block, part)
) STRICT, WITHOUT ROWID;

-- `ch` and `condition` are filled for alarms. Two blocks may claim one number if the chain broke.
CREATE TABLE event (
  node INTEGER NOT NULL REFERENCES node (id),
  number INTEGER NOT NULL,
  block INTEGER NOT NULL REFERENCES block (id),
  t_ms INTEGER NOT NULL,
  code INTEGER NOT NULL,
  ch INTEGER,
  condition INTEGER,
  args BLOB NOT NULL,
  PRIMARY KEY (node, number, block)
) STRICT, WITHOUT ROWID;

CREATE INDEX event_time ON event (t_ms);
CREATE INDEX event_alarm ON event (node, ch, condition, number) WHERE condition IS NOT NULL;

CREATE TABLE alarm (
  node INTEGER NOT NULL REFERENCES node (id),
  ch INTEGER NOT NULL,
  condition INTEGER NOT NULL,
  number INTEGER NOT NULL,
  state INTEGER NOT NULL,
  value INTEGER,
  since_ms INTEGER NOT NULL,
  started_ms INTEGER NOT NULL,
  p_permille INTEGER,
  tte_ms INTEGER,
  PRIMARY KEY (node, ch, condition)
) STRICT, WITHOUT ROWID;

-- Unsealed measurements of other vendors' senders; once per (name, time).
CREATE TABLE plain (
  id INTEGER PRIMARY KEY,
  node TEXT NOT NULL,
  name TEXT NOT NULL,
  unit TEXT NOT NULL,
  UNIQUE (node, name)
) STRICT;

CREATE TABLE plain_sample (
  plain INTEGER NOT NULL REFERENCES plain (id),
  t_ms INTEGER NOT NULL,
  value REAL NOT NULL,
  received_ms INTEGER NOT NULL,
  PRIMARY KEY (plain, t_ms)
) STRICT, WITHOUT ROWID;

CREATE VIEW delivery AS
SELECT node.name AS node, block.id & 0xFFFFFFFFFF AS seq, t0_ms, received_ms, committed_ms, chain
FROM block JOIN node ON node.id = block.id >> 40 JOIN batch ON batch.id = block.batch;
