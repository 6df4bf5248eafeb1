import protobuf from 'protobufjs';

/** Schema of the protobuf pushes, for the reference decoder and encoder of tests; lines as bytes. */
export const pushSchema: protobuf.Type = protobuf
  .parse(
    `syntax = "proto3";
     message PushRequest { repeated Stream streams = 1; string format = 2; }
     message Stream { string labels = 1; repeated Entry entries = 2; uint64 hash = 3; }
     message Timestamp { int64 seconds = 1; int32 nanos = 2; }
     message LabelPair { string name = 1; string value = 2; }
     message Entry {
       Timestamp timestamp = 1; bytes line = 2; repeated LabelPair structuredMetadata = 3; repeated LabelPair parsed = 4;
     }`,
  )
  .root.lookupType('PushRequest');

const OTLP = `syntax = "proto3";
  message Request { repeated ResourceLogs resourceLogs = 1; }
  message ResourceLogs { Resource resource = 1; repeated ScopeLogs scopeLogs = 2; string schemaUrl = 3; }
  message Resource { repeated KeyValue attributes = 1; }
  message ScopeLogs { Scope scope = 1; repeated LogRecord logRecords = 2; }
  message Scope { string name = 1; string version = 2; repeated KeyValue attributes = 3; uint32 droppedAttributesCount = 4; }
  message LogRecord {
    fixed64 timeUnixNano = 1; fixed64 observedTimeUnixNano = 11; int32 severityNumber = 2; string severityText = 3;
    AnyValue body = 5; repeated KeyValue attributes = 6; uint32 droppedAttributesCount = 7; fixed32 flags = 8;
    bytes traceId = 9; bytes spanId = 10;
  }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message AnyValue { oneof value {
    string stringValue = 1; bool boolValue = 2; int64 intValue = 3; double doubleValue = 4;
    ArrayValue arrayValue = 5; KeyValueList kvlistValue = 6; bytes bytesValue = 7; } }
  message ArrayValue { repeated AnyValue values = 1; }
  message KeyValueList { repeated KeyValue values = 1; }`;

/** Schema of OTLP log requests, likewise. */
export const otlpSchema: protobuf.Type = protobuf.parse(OTLP).root.lookupType('Request');
