import JSON
import Protobuf

/// Objects as `application/vnd.kubernetes.protobuf`: the mark `k8s\0` and a `runtime.Unknown` message around the
/// object's own message. Types without numbers (custom resources, `Table`) have no such form.
package enum KubeProtobuf {
    package static let mediaType = "application/vnd.kubernetes.protobuf"
    static let mark: [UInt8] = [0x6B, 0x38, 0x73, 0x00]

    /// What stands around an object's message.
    package struct Envelope: Sendable, Equatable {
        package var apiVersion = ""
        package var kind = ""
        package var raw: [UInt8] = []
        package var contentEncoding = ""
        package var contentType = ""
    }

    package typealias Fault = ProtobufFault

    /// Whether the body begins as such an object does.
    package static func isMarked(_ bytes: [UInt8]) -> Bool { bytes.starts(with: mark) }

    /// The object in its envelope. Its `apiVersion` and `kind` go there; they are no part of the message.
    package static func encode(_ object: JSON, as type: SchemaType) -> [UInt8] {
        envelope(
            apiVersion: object["apiVersion"].string ?? "", kind: object["kind"].string ?? "",
            message(object, as: type))
    }

    /// A message in its envelope.
    package static func envelope(apiVersion: String, kind: String, _ message: [UInt8]) -> [UInt8] {
        let around = envelope(apiVersion: apiVersion, kind: kind, count: message.count)
        return around.head + message + around.tail
    }

    /// What stands before and behind a message of so many bytes.
    package static func envelope(apiVersion: String, kind: String, count: Int) -> (head: [UInt8], tail: [UInt8]) {
        var head = ProtobufWriter()
        head.out = mark
        head.message(1) { writer in
            writer.string(1, apiVersion)
            writer.string(2, kind)
        }
        head.length(2, count)
        var tail = ProtobufWriter()
        tail.string(3, "")
        tail.string(4, "")
        return (head.out, tail.out)
    }

    /// The items of a list's message, each to be appended to what is there of it.
    package struct Items: Sendable {
        private let number: Int
        private let type: SchemaType

        /// Nil when the type has no list `items`.
        package init?(of list: SchemaType) {
            guard let field = list.fields.first(where: { $0.name == "items" }),
                case .list(let element, _) = field.type.shape
            else { return nil }
            number = field.protobufNumber
            type = element
        }

        package func encode(_ object: JSON) -> [UInt8] {
            var writer = ProtobufWriter()
            writer.message(number) { $0.object(object.object ?? JSONObject(), type) }
            return writer.out
        }

        /// The same of an object's text as `JSON.bytes` writes it, in a fraction of the time; nil where it takes the
        /// tree.
        package func encode(text: UnsafeRawBufferPointer) -> [UInt8]? {
            try? ProtobufTranscript.field(number, text, as: type)
        }
    }

    /// The message of an object's text as `JSON.bytes` writes it, without a tree; nil where it takes the tree.
    package static func message(text: UnsafeRawBufferPointer, as type: SchemaType) -> [UInt8]? {
        try? ProtobufTranscript.message(text, as: type)
    }

    /// The object's own message.
    package static func message(_ object: JSON, as type: SchemaType) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.object(object.object ?? JSONObject(), type)
        return writer.out
    }

    package static func openEnvelope(_ bytes: [UInt8]) throws(Fault) -> Envelope {
        if bytes.isEmpty { throw Fault(description: "empty data") }
        guard isMarked(bytes) else {
            throw Fault(
                description:
                    "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
        }
        if bytes.count == mark.count { throw Fault(description: "empty body") }
        return try bytes.withUnsafeBytesFault { bytes throws(Fault) in
            var reader = ProtobufReader(UnsafeRawBufferPointer(rebasing: bytes[mark.count...]))
            var envelope = Envelope()
            while let (number, wire) = try reader.tag() {
                switch number {
                case 1:
                    var meta = try reader.nested(wire, "TypeMeta")
                    while let (number, wire) = try meta.tag() {
                        switch number {
                        case 1: envelope.apiVersion = try meta.string(wire, "APIVersion")
                        case 2: envelope.kind = try meta.string(wire, "Kind")
                        default: try meta.skip(wire)
                        }
                    }
                case 2: envelope.raw = try reader.byteArray(wire, "Raw")
                case 3: envelope.contentEncoding = try reader.string(wire, "ContentEncoding")
                case 4: envelope.contentType = try reader.string(wire, "ContentType")
                default: try reader.skip(wire)
                }
            }
            return envelope
        }
    }

    /// The JSON that a message means: members in no particular order, zero values as they were sent. What is to be
    /// stored goes through `StructuralDecoder` like any other tree.
    package static func decode(
        _ message: [UInt8], as type: SchemaType, maximumValues: Int = StructuralDecoder.maximumValues
    ) throws(Fault) -> JSON {
        try message.withUnsafeBytesFault { bytes throws(Fault) in
            var decoder = ProtobufDecoder(maximumValues: maximumValues)
            return try decoder.object(ProtobufReader(bytes), type)
        }
    }

    /// A watch's event: the object in its envelope, inside a message without one.
    package static func watchEvent(_ type: String, _ object: [UInt8]) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.out.reserveCapacity(object.count + 32)
        writer.string(1, type)
        writer.message(2) { $0.bytes(1, object) }
        return writer.out
    }

    /// What a stream of events puts before each of them: its length in four bytes.
    package static func frame(_ event: [UInt8]) -> [UInt8] {
        let count = UInt32(clamping: event.count)
        return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> UInt32($0)) } + event
    }
}

extension [UInt8] {
    /// `withUnsafeBytes` for bodies that throw a `Fault`.
    fileprivate func withUnsafeBytesFault<Value>(
        _ body: (UnsafeRawBufferPointer) throws(KubeProtobuf.Fault) -> Value
    ) throws(KubeProtobuf.Fault) -> Value {
        try withUnsafeBytes { bytes -> Result<Value, KubeProtobuf.Fault> in
            do throws(KubeProtobuf.Fault) { return .success(try body(bytes)) } catch { return .failure(error) }
        }.get()
    }
}
