import JSON
import KubeStorage
import NIOCore

/// How an object lies in the store: its JSON text without a resourceVersion, which only the store knows, headed by the
/// place where that belongs. An answer is the stored text with one piece put in: nothing is parsed to be read.
///
///     u32 where `"metadata"` begins | u32 behind `"metadata":{` | {"kind":…,"apiVersion":…,"metadata":{…
enum ObjectRecord {
    private static let head = 8

    static func encode(_ object: JSON) -> ByteBuffer {
        var text: [UInt8] = []
        text.reserveCapacity(1_024)
        text += "{\"kind\":".utf8
        object["kind"].write(into: &text)
        text += ",\"apiVersion\":".utf8
        object["apiVersion"].write(into: &text)
        text += ",".utf8
        let metadataAt = text.count
        text += "\"metadata\":".utf8
        let behindBrace = text.count + 1
        var metadata = object["metadata"]
        metadata.remove("resourceVersion")
        metadata.write(into: &text)
        for (name, value) in object.object ?? JSONObject() where !["kind", "apiVersion", "metadata"].contains(name) {
            text += ",".utf8
            JSON.string(name).write(into: &text)
            text += ":".utf8
            value.write(into: &text)
        }
        text += "}".utf8
        var record = ByteBuffer()
        record.reserveCapacity(head + text.count)
        record.writeInteger(UInt32(metadataAt))
        record.writeInteger(UInt32(behindBrace))
        record.writeBytes(text)
        return record
    }

    /// Appends the object's text, with `revision` as its resourceVersion.
    /// - Parameter isItem: of a list, where built-in kinds don't repeat their kind and apiVersion.
    static func write(_ record: ByteBuffer, revision: Int64, isItem: Bool = false, into out: inout ByteBuffer) {
        let start = record.readerIndex
        guard let metadataAt = record.getInteger(at: start, as: UInt32.self),
            let behindBrace = record.getInteger(at: start + 4, as: UInt32.self)
        else { return }
        let text = start + head
        let split = text + Int(behindBrace)
        if isItem {
            out.writeInteger(UInt8(ascii: "{"))
            copy(record, text + Int(metadataAt), split, into: &out)
        } else {
            copy(record, text, split, into: &out)
        }
        out.writeString("\"resourceVersion\":\"\(revision)\"")
        if record.getInteger(at: split, as: UInt8.self) != UInt8(ascii: "}") { out.writeInteger(UInt8(ascii: ",")) }
        copy(record, split, record.writerIndex, into: &out)
    }

    private static func copy(_ record: ByteBuffer, _ from: Int, _ to: Int, into out: inout ByteBuffer) {
        guard let slice = record.getSlice(at: from, length: to - from) else { return }
        out.writeImmutableBuffer(slice)
    }

    /// Appends `"metadata":{…}`, with `revision` as its resourceVersion, and nothing else.
    static func writeMetadata(_ record: ByteBuffer, revision: Int64, into out: inout ByteBuffer) {
        let start = record.readerIndex
        guard let metadataAt = record.getInteger(at: start, as: UInt32.self),
            let behindBrace = record.getInteger(at: start + 4, as: UInt32.self)
        else { return }
        let end = inText(record) { JSONText($0).end(ofValueAt: Int(behindBrace) - 1) }
        let (text, split) = (start + head, start + head + Int(behindBrace))
        copy(record, text + Int(metadataAt), split, into: &out)
        out.writeString("\"resourceVersion\":\"\(revision)\"")
        if record.getInteger(at: split, as: UInt8.self) != UInt8(ascii: "}") { out.writeInteger(UInt8(ascii: ",")) }
        copy(record, split, text + end, into: &out)
    }

    /// The object's `metadata.labels` alone; null when it has none.
    static func labels(_ record: ByteBuffer) throws(JSONError) -> JSON {
        let labels = withLabels(record) { Array($0) }
        return labels.isEmpty ? .null : try JSON(parsing: labels)
    }

    /// The JSON text of the object's `metadata.labels`; nothing when it has none.
    static func withLabels<T>(_ record: ByteBuffer, _ body: (UnsafeRawBufferPointer) -> T) -> T {
        let behindBrace = record.getInteger(at: record.readerIndex + 4, as: UInt32.self)
        return inText(record) { text in
            let labels = behindBrace.flatMap { JSONText(text).member("labels", ofObjectAt: Int($0) - 1) }
            return body(UnsafeRawBufferPointer(rebasing: text[labels ?? 0..<0]))
        }
    }

    /// The tree without `metadata.managedFields`, which often are half of it, and with its resourceVersion.
    static func withoutManagedFields(_ value: StoredValue) throws(JSONError) -> JSON {
        let record = value.value
        let behindBrace = record.getInteger(at: record.readerIndex + 4, as: UInt32.self)
        let bytes: [UInt8] = inText(record) { text in
            let fields = behindBrace.flatMap { JSONText(text).member("managedFields", ofObjectAt: Int($0) - 1) }
            guard let fields else { return Array(text) }
            return text[..<fields.lowerBound] + Array("null".utf8) + text[fields.upperBound...]
        }
        var object = try JSON(parsing: bytes)
        object["metadata"].remove("managedFields")
        object["metadata"]["resourceVersion"] = .string("\(value.modRevision)")
        return object
    }

    /// A pod's `spec.nodeName`; nil when it has none.
    static func nodeName(_ record: ByteBuffer) -> String? {
        inText(record) { text in
            let json = JSONText(text)
            guard let spec = json.member("spec", ofObjectAt: 0),
                let name = json.member("nodeName", ofObjectAt: spec.lowerBound)
            else { return nil }
            return (try? JSON(parsing: Array(text[name])))?.string
        }
    }

    /// The tree with all lists in it empty: what is needed to know the values of selectable fields, which are in none.
    static func outline(_ record: ByteBuffer) throws(JSONError) -> JSON {
        try JSON(parsing: inText(record) { JSONText($0).withoutLists(at: 0) })
    }

    private static func inText<T>(_ record: ByteBuffer, _ body: (UnsafeRawBufferPointer) -> T) -> T {
        record.withUnsafeReadableBytes { body(UnsafeRawBufferPointer(rebasing: $0.dropFirst(head))) }
    }

    static func text(_ value: StoredValue) -> ByteBuffer {
        var out = ByteBuffer()
        out.reserveCapacity(value.value.readableBytes + 40)
        write(value.value, revision: value.modRevision, into: &out)
        return out
    }

    /// The tree, with its resourceVersion.
    static func decode(_ value: StoredValue) throws(JSONError) -> JSON { try decode(value.value, value.modRevision) }

    static func decode(_ record: ByteBuffer, _ revision: Int64) throws(JSONError) -> JSON {
        let bytes = record.getBytes(at: record.readerIndex + head, length: record.readableBytes - head) ?? []
        var object = try JSON(parsing: bytes)
        object["metadata"]["resourceVersion"] = .string("\(revision)")
        return object
    }
}
