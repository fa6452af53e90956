BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
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
INSERT INTO "attribute" VALUES(1,1,'city','PIPELINE_INPUT','STRING');
INSERT INTO "attribute" VALUES(1,2,'p_negative','PREDICTED_VALUE','FLOAT');
INSERT INTO "attribute" VALUES(1,3,'p','PREDICTED_VALUE','FLOAT');
INSERT INTO "attribute" VALUES(1,4,'y_0','GROUND_TRUTH','INTEGER');
INSERT INTO "attribute" VALUES(1,5,'y_1','GROUND_TRUTH','INTEGER');
INSERT INTO "attribute" VALUES(1,6,'y','GROUND_TRUTH_CLASS','INTEGER');
INSERT INTO "attribute" VALUES(2,0,'age','PIPELINE_INPUT','INTEGER');
INSERT INTO "attribute" VALUES(2,1,'city','PIPELINE_INPUT','STRING');
INSERT INTO "attribute" VALUES(2,2,'p_negative','PREDICTED_VALUE','FLOAT');
INSERT INTO "attribute" VALUES(2,3,'p','PREDICTED_VALUE','FLOAT');
INSERT INTO "attribute" VALUES(2,4,'y_0','GROUND_TRUTH','INTEGER');
INSERT INTO "attribute" VALUES(2,5,'y_1','GROUND_TRUTH','INTEGER');
INSERT INTO "attribute" VALUES(2,6,'y','GROUND_TRUTH_CLASS','INTEGER');
INSERT INTO "attribute" VALUES(3,0,'question','PIPELINE_INPUT','UNSTRUCTURED_TEXT');
INSERT INTO "attribute" VALUES(3,1,'answer','PREDICTED_VALUE','UNSTRUCTURED_TEXT');
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
	attributes VARCHAR NOT NULL, 
	created_at VARCHAR NOT NULL, 
	updated_at VARCHAR NOT NULL, 
	archived_at VARCHAR, 
	PRIMARY KEY (serial), 
	CONSTRAINT uq_model_sequence_num UNIQUE (group_id, sequence_num), 
	CONSTRAINT uq_model_label UNIQUE (group_id, label), 
	CONSTRAINT uq_model_active_partner_model_id UNIQUE (active_partner_model_id), 
	UNIQUE (id), 
	FOREIGN KEY(group_id) REFERENCES model_group (id)
);
INSERT INTO "model" VALUES(1,'ca142cc4-eebd-4f32-a348-eae2534644cf','95b1b8e9-9b58-4262-956a-eb741ab86b1f',1,'V1','fraud-1','fraud-1','Card fraud','première','TABULAR','MULTICLASS',0,0.5,NULL,NULL,NULL,NULL,NULL,NULL,'["cards","eu"]','[{"name":"age","value_type":"INTEGER","stage":"PIPELINE_INPUT","id":"d88385a9-0b27-5a8e-bd1a-3b4e8c281afa","position":0,"categorical":true,"categories":[{"value":"31","label":null},{"value":"47","label":null},{"value":"52","label":null}]},{"name":"city","value_type":"STRING","stage":"PIPELINE_INPUT","id":"b65d8d4d-b1a2-5161-b8b0-385c41c348ff","position":1,"categorical":true,"categories":[{"value":"Ulm","label":null},{"value":"Bonn","label":null},{"value":"Köln","label":null}]},{"name":"p_negative","value_type":"FLOAT","stage":"PREDICTED_VALUE","id":"c72e9899-49c9-5ff3-8a29-336ed38e187c","position":0,"min_range":0,"max_range":1,"attribute_link":"y_0","gt_class_link":"0","implicit":true},{"name":"p","value_type":"FLOAT","stage":"PREDICTED_VALUE","id":"09ab0e82-9909-58a3-b8ca-514c0b11059c","position":1,"min_range":0,"max_range":1,"is_positive_predicted_attribute":true,"attribute_link":"y_1","gt_class_link":"1"},{"name":"y_0","value_type":"INTEGER","stage":"GROUND_TRUTH","id":"1f934b44-b1f9-5fa4-be10-b02f93fdd090","position":0,"categorical":true,"categories":[{"value":"0","label":null},{"value":"1","label":null}],"attribute_link":"p_negative","implicit":true},{"name":"y_1","value_type":"INTEGER","stage":"GROUND_TRUTH","id":"ec92bc34-09db-54e3-b9c2-921729652fb9","position":1,"categorical":true,"categories":[{"value":"0","label":null},{"value":"1","label":null}],"attribute_link":"p","implicit":true},{"name":"y","value_type":"INTEGER","stage":"GROUND_TRUTH_CLASS","id":"8fca9264-ac58-5d93-9e60-567cc12afe86","position":0,"categorical":true,"categories":[{"value":"0","label":null},{"value":"1","label":null}]}]','2026-11-23T13:11:51.115831+00:00','2026-11-23T13:11:51.115831+00:00',NULL);
INSERT INTO "model" VALUES(2,'1c2a1c5d-6642-4c7c-83d7-28bdcff323b6','95b1b8e9-9b58-4262-956a-eb741ab86b1f',2,NULL,'fraud-2',NULL,'Card fraud',NULL,'TABULAR','MULTICLASS',0,0.5,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'[{"name":"age","value_type":"INTEGER","stage":"PIPELINE_INPUT","id":"ebe6b6c5-b11f-57ec-a590-329c16ff9c49","position":0,"categorical":true,"categories":[{"value":"31","label":null},{"value":"47","label":null},{"value":"52","label":null}]},{"name":"city","value_type":"STRING","stage":"PIPELINE_INPUT","id":"bd1be19d-d095-54e5-8f3c-286542326736","position":1,"categorical":true,"categories":[{"value":"Ulm","label":null},{"value":"Bonn","label":null},{"value":"Köln","label":null}]},{"name":"p_negative","value_type":"FLOAT","stage":"PREDICTED_VALUE","id":"bffe71d3-9eb2-5d19-886f-51e6a86579a0","position":0,"min_range":0,"max_range":1,"attribute_link":"y_0","gt_class_link":"0","implicit":true},{"name":"p","value_type":"FLOAT","stage":"PREDICTED_VALUE","id":"7e272808-3540-5c37-95ca-7fc9ca006633","position":1,"min_range":0,"max_range":1,"is_positive_predicted_attribute":true,"attribute_link":"y_1","gt_class_link":"1"},{"name":"y_0","value_type":"INTEGER","stage":"GROUND_TRUTH","id":"0d0f97ae-8236-5c98-9bf9-7a7c7a1bcf53","position":0,"categorical":true,"categories":[{"value":"0","label":null},{"value":"1","label":null}],"attribute_link":"p_negative","implicit":true},{"name":"y_1","value_type":"INTEGER","stage":"GROUND_TRUTH","id":"fcca611e-e1f1-5402-a244-36ec12e1bdf1","position":1,"categorical":true,"categories":[{"value":"0","label":null},{"value":"1","label":null}],"attribute_link":"p","implicit":true},{"name":"y","value_type":"INTEGER","stage":"GROUND_TRUTH_CLASS","id":"96a4abff-f727-522b-8655-6d0d943356bc","position":0,"categorical":true,"categories":[{"value":"0","label":null},{"value":"1","label":null}]}]','2026-11-23T13:11:51.138595+00:00','2026-11-23T13:11:51.143674+00:00','2026-11-23T13:11:51.143674+00:00');
INSERT INTO "model" VALUES(3,'3538603d-2ce0-4ab0-abeb-99fe3a1d9f19','1b97a86b-3844-415d-9f1e-9caf07f4d90c',1,NULL,'answers','answers','answers',NULL,'NLP','TOKEN_SEQUENCE',1,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'[{"name":"question","value_type":"UNSTRUCTURED_TEXT","stage":"PIPELINE_INPUT","id":"84a414a3-af98-5d2c-a4b4-196d62a76026","position":0,"categorical":true,"is_unique":true},{"name":"answer","value_type":"UNSTRUCTURED_TEXT","stage":"PREDICTED_VALUE","id":"3119bc73-d31b-50c9-a37a-4eb0824bb612","position":0,"categorical":true}]','2026-11-23T13:11:51.146127+00:00','2026-11-23T13:11:51.146127+00:00',NULL);
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
INSERT INTO "model_group" VALUES(1,'95b1b8e9-9b58-4262-956a-eb741ab86b1f','Card fraud',NULL,2,'2026-11-23T13:11:51.115831+00:00','2026-11-23T13:11:51.115831+00:00',NULL);
INSERT INTO "model_group" VALUES(2,'1b97a86b-3844-415d-9f1e-9caf07f4d90c','answers',NULL,1,'2026-11-23T13:11:51.146127+00:00','2026-11-23T13:11:51.146127+00:00',NULL);
CREATE TABLE reference_file (
	set_serial INTEGER NOT NULL, 
	ordinal INTEGER NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	PRIMARY KEY (set_serial, ordinal), 
	FOREIGN KEY(set_serial) REFERENCES reference_set (serial), 
	FOREIGN KEY(digest) REFERENCES snapshot (digest)
);
INSERT INTO "reference_file" VALUES(1,0,'c1d2fddb017ef57ed0707a8075f4780814534f49de28399ac75ce5cde4d6ad3f');
INSERT INTO "reference_file" VALUES(2,0,'c1d2fddb017ef57ed0707a8075f4780814534f49de28399ac75ce5cde4d6ad3f');
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
INSERT INTO "reference_set" VALUES(1,'ca142cc4-eebd-4f32-a348-eae2534644cf',1,'2026-11-23T13:11:51.115831+00:00','2026-11-23T13:11:51.115831+00:00');
INSERT INTO "reference_set" VALUES(2,'1c2a1c5d-6642-4c7c-83d7-28bdcff323b6',1,'2026-11-23T13:11:51.138595+00:00','2026-11-23T13:11:51.138595+00:00');
CREATE TABLE snapshot (
	digest VARCHAR(64) NOT NULL, 
	size INTEGER NOT NULL, 
	n_rows INTEGER NOT NULL, 
	created_at VARCHAR NOT NULL, 
	PRIMARY KEY (digest)
);
INSERT INTO "snapshot" VALUES('c1d2fddb017ef57ed0707a8075f4780814534f49de28399ac75ce5cde4d6ad3f',3685,4,'2026-11-23T13:11:51.115831+00:00');
CREATE TABLE tag (
	model_serial INTEGER NOT NULL, 
	tag TEXT NOT NULL, 
	PRIMARY KEY (model_serial, tag), 
	FOREIGN KEY(model_serial) REFERENCES model (serial)
);
INSERT INTO "tag" VALUES(1,'cards');
INSERT INTO "tag" VALUES(1,'eu');
CREATE INDEX ix_model_group_name ON model_group (name);
CREATE INDEX ix_model_display_name ON model (display_name);
CREATE INDEX ix_model_label ON model (label);
CREATE INDEX ix_attribute_name ON attribute (name, model_serial);
CREATE INDEX ix_tag_tag ON tag (tag, model_serial);
CREATE INDEX ix_reference_file_digest ON reference_file (digest);
COMMIT;
