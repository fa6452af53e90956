BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0003');
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
INSERT INTO "inference_log" VALUES(1,'dae579ef-c386-4a37-b43f-bc2423eda370',0,0,2,2);
INSERT INTO "inference_log" VALUES(2,'2e6ae118-2ea6-4777-8bd9-22a47bf64794',0,0,1,1);
CREATE TABLE log_change (
	serial INTEGER NOT NULL, 
	log INTEGER NOT NULL, 
	at VARCHAR NOT NULL, 
	rule VARCHAR NOT NULL, 
	n_inferences INTEGER NOT NULL, 
	n_truths INTEGER NOT NULL, 
	PRIMARY KEY (serial), 
	FOREIGN KEY(log) REFERENCES inference_log (serial)
);
INSERT INTO "log_change" VALUES(1,1,'2026-11-25T03:38:37.070285+00:00','1 partner_inference_ids',1,1);
INSERT INTO "log_change" VALUES(2,2,'2026-11-25T03:38:37.107946+00:00','1 partner_inference_ids',0,0);
INSERT INTO "log_change" VALUES(3,1,'2026-11-25T03:38:37.132237+00:00','before 2026-01-03T00:00:00.000000+00:00',1,0);
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
INSERT INTO "model" VALUES(1,'dae579ef-c386-4a37-b43f-bc2423eda370','fcb288ac-a7a4-4762-88ab-a118a674d325',1,'V1','fraud-V1','fraud-V1','Card fraud',NULL,'TABULAR','MULTICLASS',0,0.5,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-11-25T03:38:36.736083+00:00','2026-11-25T03:38:36.736083+00:00',NULL,'f52a084247bca5721f1890c11d524684922d9ffb47c908c05da3e479e7203774','[{"name":"age","value_type":"INTEGER","stage":"PIPELINE_INPUT","id":"38ce03a0-59b5-56e0-a18f-bf26176f1776","position":0,"categorical":true,"categories":[{"value":"31","label":null},{"value":"47","label":null},{"value":"52","label":null}]},{"name":"p_negative","value_type":"FLOAT","stage":"PREDICTED_VALUE","id":"f4498e0c-01ed-5e00-8666-681faa45d5c6","position":0,"min_range":0,"max_range":1,"attribute_link":"y_0","gt_class_link":"0","implicit":true},{"name":"p","value_type":"FLOAT","stage":"PREDICTED_VALUE","id":"ef974786-24cd-50bc-8157-81f5ffaebc51","position":1,"min_range":0,"max_range":1,"is_positive_predicted_attribute":true,"attribute_link":"y_1","gt_class_link":"1"},{"name":"y_0","value_type":"INTEGER","stage":"GROUND_TRUTH","id":"41a01960-7a88-57b1-8139-096fb103c384","position":0,"categorical":true,"categories":[{"value":"0","label":null},{"value":"1","label":null}],"attribute_link":"p_negative","implicit":true},{"name":"y_1","value_type":"INTEGER","stage":"GROUND_TRUTH","id":"5e585edb-9bdf-5c16-a521-1decef7d8a1b","position":1,"categorical":true,"categories":[{"value":"0","label":null},{"value":"1","label":null}],"attribute_link":"p","implicit":true},{"name":"y","value_type":"INTEGER","stage":"GROUND_TRUTH_CLASS","id":"f6a338b2-0e4e-577e-9301-a55abe8a3576","position":0,"categorical":true,"categories":[{"value":"0","label":null},{"value":"1","label":null}]}]');
INSERT INTO "model" VALUES(2,'2e6ae118-2ea6-4777-8bd9-22a47bf64794','fcb288ac-a7a4-4762-88ab-a118a674d325',2,'V2','fraud-V2','fraud-V2','Card fraud',NULL,'TABULAR','MULTICLASS',0,0.5,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2026-11-25T03:38:36.785669+00:00','2026-11-25T03:38:36.785669+00:00',NULL,'a48d30c0e37d66cf914f62d589e1bc0128cafdde02f92f14412aae3cb31e5ffe','[{"name":"age","value_type":"INTEGER","stage":"PIPELINE_INPUT","id":"85bd373c-5e5e-5b90-94b5-90c2ee34a243","position":0,"categorical":true,"categories":[{"value":"31","label":null},{"value":"47","label":null},{"value":"52","label":null}]},{"name":"p_negative","value_type":"FLOAT","stage":"PREDICTED_VALUE","id":"5cca8c56-a4ff-5156-b091-a5a374cbbeba","position":0,"min_range":0,"max_range":1,"attribute_link":"y_0","gt_class_link":"0","implicit":true},{"name":"p","value_type":"FLOAT","stage":"PREDICTED_VALUE","id":"beef440a-0c0e-54b7-8488-39a698d2d82b","position":1,"min_range":0,"max_range":1,"is_positive_predicted_attribute":true,"attribute_link":"y_1","gt_class_link":"1"},{"name":"y_0","value_type":"INTEGER","stage":"GROUND_TRUTH","id":"4fc24492-111b-58de-8564-4bbd8780d665","position":0,"categorical":true,"categories":[{"value":"0","label":null},{"value":"1","label":null}],"attribute_link":"p_negative","implicit":true},{"name":"y_1","value_type":"INTEGER","stage":"GROUND_TRUTH","id":"1c889006-8913-543e-bea7-fef441fd0e71","position":1,"categorical":true,"categories":[{"value":"0","label":null},{"value":"1","label":null}],"attribute_link":"p","implicit":true},{"name":"y","value_type":"INTEGER","stage":"GROUND_TRUTH_CLASS","id":"e2a18b28-d670-5d41-a0e5-f3208deb53d5","position":0,"categorical":true,"categories":[{"value":"0","label":null},{"value":"1","label":null}]}]');
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
INSERT INTO "model_group" VALUES(1,'fcb288ac-a7a4-4762-88ab-a118a674d325','Card fraud',NULL,2,'2026-11-25T03:38:36.736083+00:00','2026-11-25T03:38:36.736083+00:00',NULL);
CREATE TABLE parcel (
	serial INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	log INTEGER NOT NULL, 
	kind VARCHAR NOT NULL, 
	n_rows INTEGER NOT NULL, 
	rows BLOB NOT NULL, 
	FOREIGN KEY(log) REFERENCES inference_log (serial)
);
INSERT INTO "parcel" VALUES(1,1,'inference',3,X'5B7B22706172746E65725F696E666572656E63655F6964223A2269642D32222C22696E666572656E63655F74696D657374616D70223A313736373339383430303030303030302C2274696D657374616D702D66696C6C6564223A66616C73652C2272656365697665645F74696D657374616D70223A313739353537373931363936353231352C22616765223A32322C2270223A302E357D2C7B22706172746E65725F696E666572656E63655F6964223A2269642D33222C22696E666572656E63655F74696D657374616D70223A313736373438343830303030303030302C2274696D657374616D702D66696C6C6564223A66616C73652C2272656365697665645F74696D657374616D70223A313739353537373931363936353231352C22616765223A32332C2270223A302E357D2C7B22706172746E65725F696E666572656E63655F6964223A2269642D34222C22696E666572656E63655F74696D657374616D70223A313736373537313230303030303030302C2274696D657374616D702D66696C6C6564223A66616C73652C2272656365697665645F74696D657374616D70223A313739353537373931363936353231352C22616765223A32342C2270223A302E357D5D');
INSERT INTO "parcel" VALUES(3,2,'inference',1,X'5B7B22706172746E65725F696E666572656E63655F6964223A2278222C22696E666572656E63655F74696D657374616D70223A313736373232353630303030303030302C2274696D657374616D702D66696C6C6564223A66616C73652C2272656365697665645F74696D657374616D70223A313739353537373931373038313133322C22616765223A33302C2270223A302E357D5D');
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
INSERT INTO "parcel_key" VALUES(1,'inference',X'8553DEC37DF8572CA61E0F59B91D73A3',1,0);
INSERT INTO "parcel_key" VALUES(1,'inference',X'8B1D3171C6172D4A66CD542A31078AFF',1,1);
INSERT INTO "parcel_key" VALUES(1,'inference',X'E7BFE9BB31483B132430489842EFA331',1,2);
INSERT INTO "parcel_key" VALUES(2,'inference',X'4897F162D72444C2CB201AFB951B49B5',3,0);
CREATE TABLE reference_file (
	set_serial INTEGER NOT NULL, 
	ordinal INTEGER NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	PRIMARY KEY (set_serial, ordinal), 
	FOREIGN KEY(set_serial) REFERENCES reference_set (serial), 
	FOREIGN KEY(digest) REFERENCES snapshot (digest)
);
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
CREATE TABLE snapshot (
	digest VARCHAR(64) NOT NULL, 
	size INTEGER NOT NULL, 
	n_rows INTEGER NOT NULL, 
	created_at VARCHAR NOT NULL, 
	PRIMARY KEY (digest)
);
CREATE TABLE tag (
	model_serial INTEGER NOT NULL, 
	tag TEXT NOT NULL, 
	PRIMARY KEY (model_serial, tag), 
	FOREIGN KEY(model_serial) REFERENCES model (serial)
);
CREATE INDEX ix_model_group_name ON model_group (name);
CREATE INDEX ix_model_created_at ON model (created_at);
CREATE INDEX ix_model_display_name ON model (display_name);
CREATE INDEX ix_model_label ON model (label);
CREATE INDEX ix_attribute_name ON attribute (name, model_serial);
CREATE INDEX ix_tag_tag ON tag (tag, model_serial);
CREATE INDEX ix_log_change_log ON log_change (log);
CREATE INDEX ix_parcel_log_kind ON parcel (log, kind);
CREATE INDEX ix_reference_file_digest ON reference_file (digest);
CREATE INDEX ix_segment_log_kind ON segment (log, kind);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('parcel',3);
COMMIT;
