import JSON
import Protobuf
import Testing

@testable import KubeModel

@Suite("Protobuf")
struct KubeProtobufTests {
    static let core = "io.k8s.api.core.v1."
    static let meta = "io.k8s.apimachinery.pkg.apis.meta.v1."

    /// Bytes worked out by hand from the published numbers: tag = number × 8 + wire type.
    static let messages: [(type: String, json: String, hex: String)] = [
        (
            core + "ContainerPort", #"{"name":"web","containerPort":8080,"protocol":"TCP"}"#,
            "0a 03 77 65 62" + "18 90 3f" + "22 03 54 43 50"
        ),
        // A negative number takes ten bytes.
        (core + "ContainerPort", #"{"containerPort":-1}"#, "18 ff ff ff ff ff ff ff ff ff 01"),
        (core + "EnvVar", #"{"name":"A","value":""}"#, "0a 01 41" + "12 00"),
        (core + "Volume", #"{"name":"v","emptyDir":{}}"#, "0a 01 76" + "12 02 12 00"),
        (core + "Volume", #"{"name":"v"}"#, "0a 01 76" + "12 00"),
        (core + "ConfigMapKeySelector", #"{"name":"n","key":"k"}"#, "0a 03 0a 01 6e" + "12 01 6b"),
        // Entries of maps in the order of their keys.
        (core + "ConfigMap", #"{"data":{"b":"2","a":"1"}}"#, "12 06 0a 01 61 12 01 31" + "12 06 0a 01 62 12 01 32"),
        (
            core + "Secret", #"{"data":{"a":"AP8="},"type":"Opaque"}"#,
            "12 07 0a 01 61 12 02 00 ff" + "1a 06 4f 70 61 71 75 65"
        ),
        (core + "ResourceQuotaSpec", #"{"hard":{"cpu":"1500m"}}"#, "0a 0e 0a 03 63 70 75 12 07 0a 05 31 35 30 30 6d"),
        (core + "ServicePort", #"{"port":80,"targetPort":8080}"#, "18 50" + "22 07 08 00 10 90 3f 1a 00"),
        (core + "ServicePort", #"{"targetPort":"http"}"#, "22 0a 08 01 10 00 1a 04 68 74 74 70"),
        (
            meta + "ObjectMeta", #"{"name":"x","creationTimestamp":"1970-01-01T00:00:01Z"}"#,
            "0a 01 78" + "42 04 08 01 10 00"
        ),
        (meta + "ManagedFieldsEntry", #"{"fieldsV1":{"f:a":{}}}"#, "3a 0c 0a 0a 7b 22 66 3a 61 22 3a 7b 7d 7d"),
        (
            "io.k8s.api.coordination.v1.LeaseSpec", #"{"renewTime":"1970-01-01T00:00:01.000002Z"}"#,
            "22 05 08 01 10 d0 0f"
        ),
        (
            "io.k8s.api.authentication.v1.UserInfo", #"{"extra":{"k":["a","b"]}}"#,
            "22 0b 0a 01 6b 12 06 0a 01 61 0a 01 62"
        ),
        (meta + "Status", #"{"status":"Failure","code":404}"#, "12 07 46 61 69 6c 75 72 65" + "30 94 03"),
        (meta + "DeleteOptions", #"{"gracePeriodSeconds":0,"preconditions":{"uid":"u"}}"#, "08 00" + "12 03 0a 01 75"),
        (
            "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps",
            #"{"additionalProperties":{"type":"string"},"items":[{"type":"integer"}],"maximum":1}"#,
            "49 00 00 00 00 00 00 f0 3f" + "c2 01 0b 12 09 2a 07 69 6e 74 65 67 65 72"
                + "f2 01 0c 08 01 12 08 2a 06 73 74 72 69 6e 67"
        ),
    ]

    @Test("messages have the bytes that the published numbers give them", arguments: messages)
    func message(_ name: String, _ json: String, _ hex: String) throws {
        let type = try #require(Schema.builtIn.type(name))
        let value = try JSON(parsing: json)
        let bytes = KubeProtobuf.message(value, as: type)
        #expect(bytes.hexText == hex.filter { $0 != " " })
        let back = try KubeProtobuf.decode(bytes, as: type)
        #expect(back == value)
    }

    @Test("objects stand in their envelope")
    func envelope() throws {
        let type = try #require(Schema.builtIn.type(Self.core + "Namespace"))
        let bytes = KubeProtobuf.encode(
            ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "a"]], as: type)
        #expect(
            bytes.hexText
                == ("6b387300" + "0a0f" + "0a027631" + "12094e616d657370616365" + "1205" + "0a030a0161" + "1a00"
                    + "2200"))
        #expect(KubeProtobuf.isMarked(bytes))
        let envelope = try KubeProtobuf.openEnvelope(bytes)
        #expect(envelope.apiVersion == "v1" && envelope.kind == "Namespace" && envelope.contentType.isEmpty)
    }

    @Test("events of a watch hold the object's envelope, and are framed by their length")
    func watchEvent() {
        let event = KubeProtobuf.watchEvent("ADDED", [1, 2, 3])
        #expect(event.hexText == "0a0541444445441205" + "0a03010203")
        #expect(KubeProtobuf.frame([1, 2]) == [0, 0, 0, 2, 1, 2])
    }

    @Test("numbers in a run are read like single ones, and unknown fields are passed over")
    func lenience() throws {
        let type = try #require(Schema.builtIn.type(Self.core + "PodSecurityContext"))
        let single = try KubeProtobuf.decode([0x20, 1, 0x20, 0xAC, 2], as: type)
        let run = try KubeProtobuf.decode([0x22, 3, 1, 0xAC, 2], as: type)
        #expect(single == ["supplementalGroups": [1, 300]] && run == single)
        // Field 1000 as a varint, eight bytes, four bytes, a text, a group with a group inside.
        let unknown: [UInt8] = [
            0xC0, 0x3E, 5, 0xC1, 0x3E, 1, 2, 3, 4, 5, 6, 7, 8, 0xC5, 0x3E, 1, 2, 3, 4, 0xC2, 0x3E, 1, 9, 0xC3, 0x3E,
            0xC3, 0x3E, 0xC4, 0x3E, 0x08, 1, 0xC4, 0x3E, 0x20, 1,
        ]
        #expect(try KubeProtobuf.decode(unknown, as: type) == ["supplementalGroups": [1]])
    }

    static let faults: [(bytes: [UInt8], message: String)] = [
        ([0x0A], "unexpected EOF"), ([0x0A, 5, 1], "unexpected EOF"),
        ([0x08, 1], "proto: wrong wireType = 0 for field Name"),
        (
            [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1],
            "proto: negative length found during unmarshaling"
        ),
        ([0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1], "proto: integer overflow"),
        ([0x00], "proto: illegal tag 0 (wire type 0)"), ([0x0F], "proto: illegal tag 1 (wire type 15)"),
        ([0xC4, 0x3E], "proto: unexpected end of group"), ([0xC3, 0x3E], "unexpected EOF"),
        ([UInt8](repeating: 0x7B, count: 1_000), "proto: groups nested too deeply"),
    ]

    @Test("malformed messages are errors", arguments: faults)
    func fault(_ bytes: [UInt8], _ message: String) throws {
        let type = try #require(Schema.builtIn.type(Self.meta + "ObjectMeta"))
        #expect(throws: KubeProtobuf.Fault(description: message)) { try KubeProtobuf.decode(bytes, as: type) }
    }

    static let envelopes: [(bytes: [UInt8], message: String)] = [
        ([], "empty data"), ([0x6B, 0x38, 0x73, 0], "empty body"), ([0x6B, 0x38, 0x73, 0, 0x0A], "unexpected EOF"),
        (
            Array("{}".utf8),
            "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"
        ),
    ]

    @Test("bodies without the mark, or with nothing behind it, are errors", arguments: envelopes)
    func envelopeFault(_ bytes: [UInt8], _ message: String) {
        #expect(throws: KubeProtobuf.Fault(description: message)) { try KubeProtobuf.openEnvelope(bytes) }
    }

    @Test("messages that multiply or nest without end are refused")
    func bounds() throws {
        let pod = try #require(Schema.builtIn.type(Self.core + "PodSpec"))
        let many = (0..<1_001).flatMap { _ in [0x12, 0] as [UInt8] }
        #expect(throws: KubeProtobuf.Fault(description: "proto: more than 1000 values")) {
            try KubeProtobuf.decode(many, as: pod, maximumValues: 1_000)
        }
        #expect(try KubeProtobuf.decode(many, as: pod)["containers"].array?.count == 1_001)
        let schema = try #require(
            Schema.builtIn.type("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps"))
        var nested: [UInt8] = []
        for _ in 0..<2_000 {
            var length = nested.count
            var head: [UInt8] = [0xE2, 1]
            while length > 127 {
                head.append(UInt8(length & 127) | 128)
                length >>= 7
            }
            nested = head + [UInt8(length)] + nested
        }
        #expect(throws: KubeProtobuf.Fault.self) { try KubeProtobuf.decode(nested, as: schema) }
    }
}

extension [UInt8] {
    var hexText: String {
        map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
