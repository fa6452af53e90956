BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0010');
CREATE TABLE alert (
	serial INTEGER NOT NULL, 
	id VARCHAR(36) NOT NULL, 
	model_id VARCHAR(36) NOT NULL, 
	rule_id VARCHAR(36) NOT NULL, 
	at VARCHAR NOT NULL, 
	metric_value FLOAT NOT NULL, 
	message VARCHAR NOT NULL, 
	status VARCHAR NOT NULL, 
	window_start VARCHAR, 
	minute INTEGER, 
	batch_id VARCHAR, 
	rule VARCHAR NOT NULL, 
	PRIMARY KEY (serial), 
	CONSTRAINT uq_alert_minute UNIQUE (rule_id, minute), 
	CONSTRAINT uq_alert_batch UNIQUE (rule_id, batch_id), 
	UNIQUE (id), 
	FOREIGN KEY(model_id) REFERENCES model (id), 
	FOREIGN KEY(rule_id) REFERENCES alert_rule (id)
);
CREATE TABLE alert_rule (
	serial INTEGER NOT NULL, 
	id VARCHAR(36) NOT NULL, 
	model_id VARCHAR(36) NOT NULL, 
	metric_id VARCHAR(36) NOT NULL, 
	metric_name VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	bound VARCHAR NOT NULL, 
	severity VARCHAR NOT NULL, 
	threshold FLOAT NOT NULL, 
	lookback_period INTEGER NOT NULL, 
	wait_time INTEGER NOT NULL, 
	enabled BOOLEAN NOT NULL, 
	metric_parameters VARCHAR, 
	filters VARCHAR, 
	created_at VARCHAR NOT NULL, 
	from_minute INTEGER, 
	visited_minute INTEGER, 
	seen VARCHAR NOT NULL, 
	PRIMARY KEY (serial), 
	UNIQUE (id), 
	FOREIGN KEY(model_id) REFERENCES model (id)
);
CREATE TABLE alias (
	group_id VARCHAR(36) NOT NULL, 
	name VARCHAR NOT NULL, 
	model_id VARCHAR(36) NOT NULL, 
	move INTEGER NOT NULL, 
	PRIMARY KEY (group_id, name), 
	FOREIGN KEY(group_id) REFERENCES model_group (id), 
	FOREIGN KEY(model_id) REFERENCES model (id), 
	FOREIGN KEY(move) REFERENCES alias_move (serial)
);
INSERT INTO "alias" VALUES('0565aa2c-0cd3-4918-915c-87ab1a0248d5','champion','2bd751bc-a87f-45bc-830a-eed032cab7f6',1);
CREATE TABLE alias_move (
	serial INTEGER NOT NULL, 
	group_id VARCHAR(36) NOT NULL, 
	name VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	at VARCHAR NOT NULL, 
	model_id VARCHAR(36), 
	parent INTEGER, 
	event INTEGER NOT NULL, 
	PRIMARY KEY (serial), 
	FOREIGN KEY(group_id) REFERENCES model_group (id), 
	FOREIGN KEY(model_id) REFERENCES model (id), 
	FOREIGN KEY(parent) REFERENCES alias_move (serial), 
	FOREIGN KEY(event) REFERENCES event (serial)
);
INSERT INTO "alias_move" VALUES(1,'0565aa2c-0cd3-4918-915c-87ab1a0248d5','champion','promote','2026-11-25T10:43:02.035826+00:00','2bd751bc-a87f-45bc-830a-eed032cab7f6',NULL,1);
CREATE TABLE artifact (
	model_id VARCHAR(36) NOT NULL, 
	name TEXT NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	size INTEGER NOT NULL, 
	created_at VARCHAR NOT NULL, 
	PRIMARY KEY (model_id, name), 
	FOREIGN KEY(model_id) REFERENCES model (id)
);
INSERT INTO "artifact" VALUES('2bd751bc-a87f-45bc-830a-eed032cab7f6','weights.bin','9a97ba92d84ab7bfcd2380626e54093c6426f9ee7898d0062e87a27d5241ebf7',12,'2026-11-25T10:43:01.959975+00:00');
INSERT INTO "artifact" VALUES('c4c1da8f-338b-4576-8b08-2a40c7e3686b','weights.bin','30874c60e97602b8f70d8860749221e12b97404a0f1fafcc215fe3aff4ddbcec',12,'2026-11-25T10:43:02.013041+00:00');
CREATE TABLE attribute (
	model_serial INTEGER NOT NULL, 
	ordinal INTEGER NOT NULL, 
	name VARCHAR NOT NULL, 
	stage VARCHAR NOT NULL, 
	value_type VARCHAR NOT NULL, 
	PRIMARY KEY (model_serial, ordinal), 
	FOREIGN KEY(model_serial) REFERENCES model (serial)
);
INSERT INTO "attribute" VALUES(1,0,'age','PIPELINE_INPUT','INTEGER');
INSERT INTO "attribute" VALUES(1,1,'p_negative','PREDICTED_VALUE','FLOAT');
INSERT INTO "attribute" VALUES(1,2,'p','PREDICTED_VALUE','FLOAT');
INSERT INTO "attribute" VALUES(1,3,'y_0','GROUND_TRUTH','INTEGER');
INSERT INTO "attribute" VALUES(1,4,'y_1','GROUND_TRUTH','INTEGER');
INSERT INTO "attribute" VALUES(1,5,'y','GROUND_TRUTH_CLASS','INTEGER');
INSERT INTO "attribute" VALUES(2,0,'age','PIPELINE_INPUT','INTEGER');
INSERT INTO "attribute" VALUES(2,1,'p_negative','PREDICTED_VALUE','FLOAT');
INSERT INTO "attribute" VALUES(2,2,'p','PREDICTED_VALUE','FLOAT');
INSERT INTO "attribute" VALUES(2,3,'y_0','GROUND_TRUTH','INTEGER');
INSERT INTO "attribute" VALUES(2,4,'y_1','GROUND_TRUTH','INTEGER');
INSERT INTO "attribute" VALUES(2,5,'y','GROUND_TRUTH_CLASS','INTEGER');
CREATE TABLE audit_head (
	id INTEGER NOT NULL, 
	n_events INTEGER NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "audit_head" VALUES(1,2,'dfcd657b6257329ec1f23729a676c6e097de268945c76c42b656ee2c03ef3c68');
CREATE TABLE batch (
	log INTEGER NOT NULL, 
	batch_id TEXT NOT NULL, 
	n_rows INTEGER NOT NULL, 
	from_time VARCHAR NOT NULL, 
	to_time VARCHAR NOT NULL, 
	created_at VARCHAR NOT NULL, 
	closed_at VARCHAR, 
	n_declared INTEGER, 
	PRIMARY KEY (log, batch_id), 
	FOREIGN KEY(log) REFERENCES inference_log (serial)
);
CREATE TABLE deployment (
	serial INTEGER NOT NULL, 
	id VARCHAR(36) NOT NULL, 
	group_id VARCHAR(36) NOT NULL, 
	live_group_id VARCHAR(36), 
	kind VARCHAR NOT NULL, 
	state VARCHAR NOT NULL, 
	revision INTEGER NOT NULL, 
	"plan" VARCHAR NOT NULL, 
	created_at VARCHAR NOT NULL, 
	updated_at VARCHAR NOT NULL, 
	concluded_at VARCHAR, 
	n_failures INTEGER NOT NULL, 
	last_failure VARCHAR, 
	PRIMARY KEY (serial), 
	CONSTRAINT uq_deployment_live_group_id UNIQUE (live_group_id), 
	UNIQUE (id), 
	FOREIGN KEY(group_id) REFERENCES model_group (id)
);
CREATE TABLE enrichment_setting (
	model_id VARCHAR(36) NOT NULL, 
	name VARCHAR NOT NULL, 
	enabled BOOLEAN NOT NULL, 
	config VARCHAR NOT NULL, 
	PRIMARY KEY (model_id, name), 
	FOREIGN KEY(model_id) REFERENCES model (id)
);
CREATE TABLE event (
	serial INTEGER NOT NULL, 
	at VARCHAR NOT NULL, 
	type VARCHAR NOT NULL, 
	group_id VARCHAR(36), 
	model_id VARCHAR(36), 
	actor VARCHAR NOT NULL, 
	"before" VARCHAR, 
	"after" VARCHAR, 
	reason VARCHAR, 
	hash VARCHAR(64) NOT NULL, 
	PRIMARY KEY (serial)
);
INSERT INTO "event" VALUES(1,'2026-11-25T10:43:02.598124+00:00','alias.moved','0565aa2c-0cd3-4918-915c-87ab1a0248d5','2bd751bc-a87f-45bc-830a-eed032cab7f6','{"name":"bob"}',NULL,'{"alias":"champion","version":1,"label":"V1","move":"promote","parent":null,"at":"2026-11-25T10:43:02.035826+00:00"}','the first','38d87a47d747a01c9cdd706b7532a5e5d33f30744284e129c3300268897aceb3');
INSERT INTO "event" VALUES(2,'2026-11-25T10:43:02.606042+00:00','group.imported','0565aa2c-0cd3-4918-915c-87ab1a0248d5',NULL,'{"name":"bob"}',NULL,'{"rows":{"model_group":1,"model":2,"snapshot":1,"reference_set":2,"reference_file":2,"artifact":2,"inference_log":1,"parcel":1,"parcel_key":2,"alias_moves":1}}',NULL,'dfcd657b6257329ec1f23729a676c6e097de268945c76c42b656ee2c03ef3c68');
CREATE TABLE inference_log (
	serial INTEGER NOT NULL, 
	model_id VARCHAR(36) NOT NULL, 
	n_truths INTEGER NOT NULL, 
	n_waiting INTEGER NOT NULL, 
	generation INTEGER NOT NULL, 
	n_deletions INTEGER NOT NULL, 
	PRIMARY KEY (serial), 
	UNIQUE (model_id), 
	FOREIGN KEY(model_id) REFERENCES model (id)
);
INSERT INTO "inference_log" VALUES(1,'2bd751bc-a87f-45bc-830a-eed032cab7f6',0,0,1,1);
CREATE TABLE log_object (
	log INTEGER NOT NULL, 
	digest TEXT NOT NULL, 
	size INTEGER NOT NULL, 
	n_rows INTEGER NOT NULL, 
	PRIMARY KEY (log, digest), 
	FOREIGN KEY(log) REFERENCES inference_log (serial)
);
CREATE TABLE metric (
	id VARCHAR(36) NOT NULL, 
	model_id VARCHAR(36) NOT NULL, 
	name VARCHAR NOT NULL, 
	type VARCHAR NOT NULL, 
	parameters VARCHAR NOT NULL, 
	created_at VARCHAR NOT NULL, 
	"query" VARCHAR NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (model_id, name), 
	FOREIGN KEY(model_id) REFERENCES model (id)
);
CREATE TABLE model (
	serial INTEGER NOT NULL, 
	id VARCHAR(36) NOT NULL, 
	group_id VARCHAR(36) NOT NULL, 
	sequence_num INTEGER NOT NULL, 
	label VARCHAR, 
	partner_model_id VARCHAR NOT NULL, 
	active_partner_model_id VARCHAR, 
	display_name VARCHAR, 
	description VARCHAR, 
	input_type VARCHAR NOT NULL, 
	output_type VARCHAR NOT NULL, 
	is_batch BOOLEAN NOT NULL, 
	classifier_threshold FLOAT, 
	text_delimiter VARCHAR, 
	expected_throughput_gb_per_day FLOAT, 
	pixel_height INTEGER, 
	pixel_width INTEGER, 
	image_class_labels VARCHAR, 
	explainability VARCHAR, 
	tags VARCHAR, 
	created_at VARCHAR NOT NULL, 
	updated_at VARCHAR NOT NULL, 
	archived_at VARCHAR, 
	fingerprint VARCHAR(64) NOT NULL, 
	attributes VARCHAR NOT NULL, 
	PRIMARY KEY (serial), 
	CONSTRAINT uq_model_sequence_num UNIQUE (group_id, sequence_num), 
	CONSTRAINT uq_model_label UNIQUE (group_id, label), 
	CONSTRAINT uq_model_active_partner_model_id UNIQUE (active_partner_model_id), 
	UNIQUE (id), 
	FOREIGN KEY(group_id) REFERENCES model_group (id)
);
INSERT INTO "model" VALUES(1,'2bd751bc-a87f-45bc-830a-eed032cab7f6','0565aa2c-0cd3-4918-915c-87ab1a0248d5',1,'V1','fraud-1','fraud-1','Card fraud',NULL,'TABULAR','MULTICLASS',0,0.5,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-11-25T10:43:01.959975+00:00','2026-11-25T10:43:01.959975+00:00',NULL,'918f5cbc056631ab013e987a068dea353acd817f709d0b1ab3409c85fb944522','[{"name":"age","value_type":"INTEGER","stage":"PIPELINE_INPUT","id":"56559027-15dc-5cce-aace-42cf057e94ae","position":0,"categorical":true,"categories":[{"value":"31","label":null},{"value":"47","label":null},{"value":"52","label":null}]},{"name":"p_negative","value_type":"FLOAT","stage":"PREDICTED_VALUE","id":"6def9f51-def6-5998-b3d2-30eb510b7ca8","position":0,"min_range":0,"max_range":1,"attribute_link":"y_0","gt_class_link":"0","implicit":true},{"name":"p","value_type":"FLOAT","stage":"PREDICTED_VALUE","id":"886fe270-7e93-5aef-9d27-0f0c07672ca9","position":1,"min_range":0,"max_range":1,"is_positive_predicted_attribute":true,"attribute_link":"y_1","gt_class_link":"1"},{"name":"y_0","value_type":"INTEGER","stage":"GROUND_TRUTH","id":"68ed00ae-cc2c-59e2-9182-3fcaad5649ab","position":0,"categorical":true,"categories":[{"value":"0","label":null},{"value":"1","label":null}],"attribute_link":"p_negative","implicit":true},{"name":"y_1","value_type":"INTEGER","stage":"GROUND_TRUTH","id":"537620fc-4592-5cc8-ae3d-1c61e6bc05de","position":1,"categorical":true,"categories":[{"value":"0","label":null},{"value":"1","label":null}],"attribute_link":"p","implicit":true},{"name":"y","value_type":"INTEGER","stage":"GROUND_TRUTH_CLASS","id":"5baac412-72fa-5263-adcb-8a835039c699","position":0,"categorical":true,"categories":[{"value":"0","label":null},{"value":"1","label":null}]}]');
INSERT INTO "model" VALUES(2,'c4c1da8f-338b-4576-8b08-2a40c7e3686b','0565aa2c-0cd3-4918-915c-87ab1a0248d5',2,'V2','fraud-2','fraud-2','Card fraud',NULL,'TABULAR','MULTICLASS',0,0.5,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-11-25T10:43:02.013041+00:00','2026-11-25T10:43:02.013041+00:00',NULL,'0a533e4aebd4a8cc59d3f892a2ed8c385e34eb2b6827ef2e297c10c47eea8b41','[{"name":"age","value_type":"INTEGER","stage":"PIPELINE_INPUT","id":"d859f8fc-1008-5889-a07a-51a939c1bbc8","position":0,"categorical":true,"categories":[{"value":"31","label":null},{"value":"47","label":null},{"value":"52","label":null}]},{"name":"p_negative","value_type":"FLOAT","stage":"PREDICTED_VALUE","id":"20e3208a-9202-5fea-bb1b-49b44cbbfa83","position":0,"min_range":0,"max_range":1,"attribute_link":"y_0","gt_class_link":"0","implicit":true},{"name":"p","value_type":"FLOAT","stage":"PREDICTED_VALUE","id":"56bcd17a-26bc-51b5-b5c0-f634e014485f","position":1,"min_range":0,"max_range":1,"is_positive_predicted_attribute":true,"attribute_link":"y_1","gt_class_link":"1"},{"name":"y_0","value_type":"INTEGER","stage":"GROUND_TRUTH","id":"f3ff4440-e066-50dd-bc34-1170501728be","position":0,"categorical":true,"categories":[{"value":"0","label":null},{"value":"1","label":null}],"attribute_link":"p_negative","implicit":true},{"name":"y_1","value_type":"INTEGER","stage":"GROUND_TRUTH","id":"61b82b7b-73b5-5c40-9779-da023c89eb52","position":1,"categorical":true,"categories":[{"value":"0","label":null},{"value":"1","label":null}],"attribute_link":"p","implicit":true},{"name":"y","value_type":"INTEGER","stage":"GROUND_TRUTH_CLASS","id":"307988d6-9b59-52f9-83ef-662b2e4b62b7","position":0,"categorical":true,"categories":[{"value":"0","label":null},{"value":"1","label":null}]}]');
CREATE TABLE model_group (
	serial INTEGER NOT NULL, 
	id VARCHAR(36) NOT NULL, 
	name VARCHAR NOT NULL, 
	description VARCHAR, 
	last_sequence_num INTEGER NOT NULL, 
	created_at VARCHAR NOT NULL, 
	updated_at VARCHAR NOT NULL, 
	archived_at VARCHAR, 
	PRIMARY KEY (serial), 
	UNIQUE (id)
);
INSERT INTO "model_group" VALUES(1,'0565aa2c-0cd3-4918-915c-87ab1a0248d5','Card fraud',NULL,2,'2026-11-25T10:43:01.959975+00:00','2026-11-25T10:43:01.959975+00:00',NULL);
CREATE TABLE origin (
	model_id VARCHAR(36) NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	PRIMARY KEY (model_id), 
	FOREIGN KEY(model_id) REFERENCES model (id), 
	FOREIGN KEY(digest) REFERENCES provenance (digest)
);
CREATE TABLE parcel (
	serial INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	log INTEGER NOT NULL, 
	kind VARCHAR NOT NULL, 
	n_rows INTEGER NOT NULL, 
	rows BLOB NOT NULL, 
	FOREIGN KEY(log) REFERENCES inference_log (serial)
);
INSERT INTO "parcel" VALUES(1,1,'inference',2,X'5B7B22706172746E65725F696E666572656E63655F6964223A22692D31222C22696E666572656E63655F74696D657374616D70223A313739353630333338323132343536302C2274696D657374616D702D66696C6C6564223A747275652C2272656365697665645F74696D657374616D70223A313739353630333338323132343536302C22616765223A33312C2270223A302E32357D2C7B22706172746E65725F696E666572656E63655F6964223A22692D32222C22696E666572656E63655F74696D657374616D70223A313739353630333338323132343536302C2274696D657374616D702D66696C6C6564223A747275652C2272656365697665645F74696D657374616D70223A313739353630333338323132343536302C22616765223A33312C2270223A302E32357D5D');
CREATE TABLE parcel_key (
	log INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	"key" BLOB NOT NULL, 
	parcel INTEGER NOT NULL, 
	"row" INTEGER NOT NULL, 
	PRIMARY KEY (log, kind, "key", parcel, "row"), 
	FOREIGN KEY(log) REFERENCES inference_log (serial)
)
 WITHOUT ROWID

;
INSERT INTO "parcel_key" VALUES(1,'inference',X'300E3D3F58B60FF075BDDA23B228C665',1,1);
INSERT INTO "parcel_key" VALUES(1,'inference',X'64546365DF87F25657CFE519D818C0DD',1,0);
CREATE TABLE parent (
	model_id VARCHAR(36) NOT NULL, 
	ordinal INTEGER NOT NULL, 
	parent_id VARCHAR(36) NOT NULL, 
	PRIMARY KEY (model_id, ordinal), 
	FOREIGN KEY(model_id) REFERENCES model (id)
);
CREATE TABLE provenance (
	digest VARCHAR(64) NOT NULL, 
	document VARCHAR NOT NULL, 
	PRIMARY KEY (digest)
);
CREATE TABLE reference_file (
	set_serial INTEGER NOT NULL, 
	ordinal INTEGER NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	PRIMARY KEY (set_serial, ordinal), 
	FOREIGN KEY(set_serial) REFERENCES reference_set (serial), 
	FOREIGN KEY(digest) REFERENCES snapshot (digest)
);
INSERT INTO "reference_file" VALUES(1,0,'a4cf6c869a2a14cae378a33ba01d6b9cef6d98cb986c3ff881efc24ef88bd18f');
INSERT INTO "reference_file" VALUES(2,0,'a4cf6c869a2a14cae378a33ba01d6b9cef6d98cb986c3ff881efc24ef88bd18f');
CREATE TABLE reference_set (
	serial INTEGER NOT NULL, 
	model_id VARCHAR(36) NOT NULL, 
	sequence_num INTEGER NOT NULL, 
	created_at VARCHAR NOT NULL, 
	closed_at VARCHAR, 
	PRIMARY KEY (serial), 
	CONSTRAINT uq_reference_set_sequence_num UNIQUE (model_id, sequence_num), 
	FOREIGN KEY(model_id) REFERENCES model (id)
);
INSERT INTO "reference_set" VALUES(1,'2bd751bc-a87f-45bc-830a-eed032cab7f6',1,'2026-11-25T10:43:01.959975+00:00','2026-11-25T10:43:01.959975+00:00');
INSERT INTO "reference_set" VALUES(2,'c4c1da8f-338b-4576-8b08-2a40c7e3686b',1,'2026-11-25T10:43:02.013041+00:00','2026-11-25T10:43:02.013041+00:00');
CREATE TABLE segment (
	serial INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id VARCHAR(32) NOT NULL, 
	log INTEGER NOT NULL, 
	kind VARCHAR NOT NULL, 
	n_rows INTEGER NOT NULL, 
	n_deleted INTEGER NOT NULL, 
	size INTEGER NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	footer_digest VARCHAR(64) NOT NULL, 
	index_digest VARCHAR(64) NOT NULL, 
	from_time VARCHAR NOT NULL, 
	to_time VARCHAR NOT NULL, 
	from_batch VARCHAR, 
	to_batch VARCHAR, 
	created_at VARCHAR NOT NULL, 
	deleted BLOB, 
	UNIQUE (id), 
	FOREIGN KEY(log) REFERENCES inference_log (serial)
);
CREATE TABLE segment_count (
	serial INTEGER NOT NULL, 
	segment VARCHAR(32) NOT NULL, 
	"key" BLOB NOT NULL, 
	n_deleted INTEGER NOT NULL, 
	digest BLOB NOT NULL, 
	counts BLOB NOT NULL, 
	PRIMARY KEY (serial), 
	UNIQUE (segment, "key"), 
	FOREIGN KEY(segment) REFERENCES segment (id)
);
CREATE TABLE snapshot (
	digest VARCHAR(64) NOT NULL, 
	size INTEGER NOT NULL, 
	n_rows INTEGER NOT NULL, 
	created_at VARCHAR NOT NULL, 
	PRIMARY KEY (digest)
);
INSERT INTO "snapshot" VALUES('a4cf6c869a2a14cae378a33ba01d6b9cef6d98cb986c3ff881efc24ef88bd18f',3080,4,'2026-11-25T10:43:01.959975+00:00');
CREATE TABLE tag (
	model_serial INTEGER NOT NULL, 
	tag TEXT NOT NULL, 
	PRIMARY KEY (model_serial, tag), 
	FOREIGN KEY(model_serial) REFERENCES model (serial)
);
CREATE INDEX ix_model_group_name ON model_group (name);
CREATE INDEX ix_deployment_group_id ON deployment (group_id);
CREATE INDEX ix_model_created_at ON model (created_at);
CREATE INDEX ix_model_display_name ON model (display_name);
CREATE INDEX ix_model_label ON model (label);
CREATE INDEX ix_alert_rule_model_id ON alert_rule (model_id);
CREATE INDEX ix_alias_move_group_id ON alias_move (group_id, name);
CREATE INDEX ix_attribute_name ON attribute (name, model_serial);
CREATE INDEX ix_tag_tag ON tag (tag, model_serial);
CREATE INDEX ix_alert_model_at ON alert (model_id, at);
CREATE INDEX ix_alias_model_id ON alias (model_id);
CREATE INDEX ix_parcel_log_kind ON parcel (log, kind);
CREATE INDEX ix_reference_file_digest ON reference_file (digest);
CREATE INDEX ix_segment_log_kind ON segment (log, kind);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('parcel',1);
COMMIT;
