import JSON
import KubeModel
import KubeStorage
import NIOCore

/// Puts answers into the form that a client asked for.
struct AnswerWriter: Sendable {
    let served: ServedResource
    let form: AnswerForm
    /// Seconds since 1970, for ages in tables.
    let now: Double
    /// `includeObject` of a table: `None`, `Metadata`, `Object`.
    var included = "Metadata"

    func body(of value: StoredValue) throws(APIStatus) -> ByteBuffer {
        if form.shape == .whole, form.encoding == .json, served.isStoredAsServed, !form.isPretty {
            return ObjectRecord.text(value)
        }
        return try body(of: served.fromStorage(try ObjectStore.decode(value)))
    }

    /// - Parameter object: in the served version's form.
    func body(of object: JSON) throws(APIStatus) -> ByteBuffer {
        switch form.shape {
        case .whole: return try encode(object)
        case .table: return try encode(table([object], metadata: listMetadata(object)))
        case .partialMetadata: return try encode(Self.partial(object, form.shapeVersion))
        case .partialMetadataList: throw notAcceptable("PartialObjectMetadataList")
        }
    }

    func body(of list: ListAnswer) throws(APIStatus) -> ByteBuffer {
        if form.shape == .whole, form.encoding == .json, served.isStoredAsServed, !form.isPretty {
            return spliced(list)
        }
        var items: [JSON] = []
        items.reserveCapacity(list.values.count)
        for value in list.values { items.append(served.fromStorage(try ObjectStore.decode(value))) }
        return try body(ofItems: items, metadata: Self.metadata(list))
    }

    /// - Parameter items: in the served version's form, each with its kind.
    func body(ofItems all: [JSON], metadata: JSON) throws(APIStatus) -> ByteBuffer {
        var items = all
        switch form.shape {
        case .table: return try encode(table(items, metadata: metadata))
        case .partialMetadata, .partialMetadataList:
            return try encode([
                "kind": "PartialObjectMetadataList", "apiVersion": .string("meta.k8s.io/\(form.shapeVersion)"),
                "metadata": metadata, "items": .array(items.map { Self.partial($0, form.shapeVersion) }),
            ])
        case .whole:
            if !served.resource.isCustom {
                for index in items.indices {
                    items[index].remove("kind")
                    items[index].remove("apiVersion")
                }
            }
            return try encode([
                "kind": .string(served.resource.listKind), "apiVersion": .string(served.groupVersion.description),
                "metadata": metadata, "items": .array(items),
            ])
        }
    }

    private func spliced(_ list: ListAnswer) -> ByteBuffer {
        var out = ByteBuffer()
        out.reserveCapacity(256 + list.values.reduce(0) { $0 + $1.value.readableBytes + 32 })
        out.writeString(
            "{\"kind\":\"\(served.resource.listKind)\",\"apiVersion\":\"\(served.groupVersion)\",\"metadata\":")
        out.writeString(Self.metadata(list).text)
        out.writeString(",\"items\":[")
        for (index, value) in list.values.enumerated() {
            if index > 0 { out.writeInteger(UInt8(ascii: ",")) }
            ObjectRecord.write(
                value.value, revision: value.modRevision, isItem: !served.resource.isCustom, into: &out)
        }
        out.writeString("]}\n")
        return out
    }

    static func metadata(_ list: ListAnswer) -> JSON {
        var metadata: JSON = ["resourceVersion": .string("\(list.revision)")]
        if !list.continueToken.isEmpty { metadata["continue"] = .string(list.continueToken) }
        if let remaining = list.remaining { metadata["remainingItemCount"] = .init(remaining) }
        return metadata
    }

    private func listMetadata(_ object: JSON) -> JSON { ["resourceVersion": object["metadata"]["resourceVersion"]] }

    static func partial(_ object: JSON, _ version: String) -> JSON {
        [
            "kind": "PartialObjectMetadata", "apiVersion": .string("meta.k8s.io/\(version)"),
            "metadata": object["metadata"],
        ]
    }

    /// `meta.k8s.io` Table of these objects.
    func table(_ objects: [JSON], metadata: JSON) -> JSON {
        let kind = served.rules.table ?? Self.plainTable
        let rows = objects.map { object -> JSON in
            var row: JSON = ["cells": .array(kind.cells(object, now))]
            switch included {
            case "None": break
            case "Object": row["object"] = object
            default: row["object"] = Self.partial(object, form.shapeVersion)
            }
            return row
        }
        let columns = kind.columns.map { column -> JSON in
            [
                "name": .string(column.name), "type": .string(column.type), "format": .string(column.format),
                "description": .string(column.description), "priority": .init(column.priority),
            ]
        }
        return [
            "kind": "Table", "apiVersion": .string("meta.k8s.io/\(form.shapeVersion)"), "metadata": metadata,
            "columnDefinitions": .array(columns), "rows": .array(rows),
        ]
    }

    /// For kinds without columns of their own.
    static let plainTable = KindTable([
        .init("Name", format: "name", "Name of the object; unique within its namespace."),
        .init("Created At", type: "date", "When the object was created, by the server's clock."),
    ]) { object, _ in
        [object["metadata"]["name"], object["metadata"]["creationTimestamp"]]
    }

    func encode(_ tree: JSON) throws(APIStatus) -> ByteBuffer {
        switch form.encoding {
        case .json:
            var out = ByteBuffer()
            if form.isPretty {
                out.writeString(tree.pretty(indent: "  ", escapeHTML: true))
            } else {
                out.writeBytes(tree.bytes(escapeHTML: true))
            }
            out.writeInteger(UInt8(ascii: "\n"))
            return out
        case .yaml: return ByteBuffer(bytes: YAML.write(tree))
        case .protobuf: return ByteBuffer(bytes: try ProtobufAnswer.bytes(tree))
        }
    }

    private func notAcceptable(_ shape: String) -> APIStatus {
        APIStatus(
            code: 406, reason: "NotAcceptable",
            message: "the requested object, \(served.resource.kind), is not a list and can't be shown as \(shape)")
    }
}
