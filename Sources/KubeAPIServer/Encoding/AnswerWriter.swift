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
        if form.shape == .whole, served.isStoredAsServed {
            switch form.encoding {
            case .json where !form.isPretty: return ObjectRecord.text(value)
            case .protobuf: return ByteBuffer(bytes: try ProtobufAnswer.bytes(value, served))
            case .json, .yaml: break
            }
        }
        return try body(of: served.fromStorage(try ObjectStore.decode(value)))
    }

    /// - Parameter object: in the served version's form.
    func body(of object: JSON) throws(APIStatus) -> ByteBuffer {
        switch form.shape {
        case .whole: return try encode(object)
        case .table:
            // Questions, which are answered and never stored, are no rows of anything.
            if ["authorization.k8s.io", "authentication.k8s.io"].contains(served.groupVersion.group) {
                throw notAcceptable(
                    "the resource \(served.resource.qualifiedName) does not support being converted to a Table")
            }
            return try encode(table([object], metadata: listMetadata(object)))
        case .partialMetadata: return try encode(Self.partial(object, form.shapeVersion))
        case .partialMetadataList:
            throw notAcceptable(
                "you requested PartialObjectMetadataList, but the requested object is not a list (\(goType))")
        }
    }

    /// The answer in one piece, for the forms that nobody asks for long lists in.
    func wholeBody(of list: ListAnswer) throws(APIStatus) -> ByteBuffer {
        var items: [JSON] = []
        items.reserveCapacity(list.values.count)
        for value in list.values { items.append(served.fromStorage(try ObjectStore.decode(value))) }
        return try body(ofItems: items, metadata: Self.metadata(list))
    }

    /// - Parameter items: in the served version's form, each with its kind.
    func body(ofItems items: [JSON], metadata: JSON) throws(APIStatus) -> ByteBuffer {
        var list = try listHead(metadata)
        list[form.shape == .table ? "rows" : "items"] = .array(items.map(item))
        return try encode(list)
    }

    /// The list without its items; 406 when one object's metadata is asked for.
    func listHead(_ metadata: JSON) throws(APIStatus) -> JSON {
        switch form.shape {
        case .whole:
            return [
                "kind": .string(served.resource.listKind), "apiVersion": .string(served.groupVersion.description),
                "metadata": metadata,
            ]
        case .table: return tableHead(metadata)
        case .partialMetadata:
            throw notAcceptable(
                "you requested PartialObjectMetadata, but the requested object is a list (\(goType)List)")
        case .partialMetadataList:
            return [
                "kind": "PartialObjectMetadataList", "apiVersion": .string("meta.k8s.io/\(form.shapeVersion)"),
                "metadata": metadata,
            ]
        }
    }

    /// The object as it stands in a list.
    /// - Parameter object: in the served version's form, with its kind.
    private func item(_ object: JSON) -> JSON {
        switch form.shape {
        case .whole:
            if served.resource.isCustom { return object }
            var item = object
            item.remove("kind")
            item.remove("apiVersion")
            return item
        case .table: return row(object)
        case .partialMetadata, .partialMetadataList: return Self.partial(object, form.shapeVersion)
        }
    }

    private func item(_ value: StoredValue) throws(APIStatus) -> JSON {
        item(served.fromStorage(try ObjectStore.decode(value)))
    }

    /// The list's item in protobuf; most are made of the text that is stored.
    func item(_ value: StoredValue, of list: ProtobufAnswer.List) throws(APIStatus) -> [UInt8] {
        if form.shape == .whole, !served.isStoredAsServed { return list.item(try item(value)) }
        var text = ByteBuffer()
        try writeItem(value, into: &text)
        if let item = list.item(text) { return item }
        return list.item(try item(value))
    }

    /// Appends the beginning of a list's JSON text, up to its first item.
    func beginList(_ metadata: JSON, into out: inout ByteBuffer) throws(APIStatus) {
        out.writeBytes(try listHead(metadata).bytes(escapeHTML: true).dropLast())
        out.writeString(form.shape == .table ? ",\"rows\":[" : ",\"items\":[")
    }

    /// Appends a list's item as JSON text; most are spliced from what is stored.
    func writeItem(_ value: StoredValue, into out: inout ByteBuffer) throws(APIStatus) {
        switch form.shape {
        case .whole where served.isStoredAsServed:
            ObjectRecord.write(
                value.value, revision: value.modRevision, isItem: !served.resource.isCustom, into: &out)
        case .partialMetadata where served.custom == nil, .partialMetadataList where served.custom == nil:
            out.writeString("{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/\(form.shapeVersion)\",")
            ObjectRecord.writeMetadata(value.value, revision: value.modRevision, into: &out)
            out.writeInteger(UInt8(ascii: "}"))
        case .table where included == "Metadata" && served.custom == nil: try writeRow(value, into: &out)
        default: out.writeBytes(try item(value).bytes(escapeHTML: true))
        }
    }

    /// Appends a table's row: its cells, and the metadata as it is stored.
    private func writeRow(_ value: StoredValue, into out: inout ByteBuffer) throws(APIStatus) {
        let object: JSON
        do { object = try ObjectRecord.withoutManagedFields(value) } catch {
            throw ObjectStore.unreadable(value, error)
        }
        out.writeString("{\"cells\":")
        out.writeBytes(JSON.array(columns.cells(served.fromStorage(object), now)).bytes(escapeHTML: true))
        out.writeString(
            ",\"object\":{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/\(form.shapeVersion)\",")
        ObjectRecord.writeMetadata(value.value, revision: value.modRevision, into: &out)
        out.writeString("}}")
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
        var table = tableHead(metadata)
        table["rows"] = .array(objects.map(row))
        return table
    }

    /// The list with its objects in the order of the kind's table, when it is to be one.
    func inTableOrder(_ list: ListAnswer) throws(APIStatus) -> ListAnswer {
        guard form.shape == .table, let standsBefore = served.rules.standsBefore else { return list }
        var objects: [(value: StoredValue, object: JSON)] = []
        for value in list.values { objects.append((value, served.fromStorage(try ObjectStore.decode(value)))) }
        var list = list
        list.values = objects.sorted { standsBefore($0.object, $1.object) }.map(\.value)
        return list
    }

    private var columns: KindTable { served.rules.table ?? Self.plainTable }

    private func tableHead(_ metadata: JSON) -> JSON {
        let columns = columns.columns.map { column -> JSON in
            [
                "name": .string(column.name), "type": .string(column.type), "format": .string(column.format),
                "description": .string(column.description), "priority": .init(column.priority),
            ]
        }
        return [
            "kind": "Table", "apiVersion": .string("meta.k8s.io/\(form.shapeVersion)"), "metadata": metadata,
            "columnDefinitions": .array(columns),
        ]
    }

    private func row(_ object: JSON) -> JSON {
        var row: JSON = ["cells": .array(columns.cells(object, now))]
        switch included {
        case "None": row["object"] = .null
        case "Object": row["object"] = object
        default: row["object"] = Self.partial(object, form.shapeVersion)
        }
        return row
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
            // Only what is on one line ends it, as upstream has it.
            if form.isPretty {
                out.writeString(tree.pretty(indent: "  ", escapeHTML: true))
            } else {
                out.writeBytes(tree.bytes(escapeHTML: true))
                out.writeInteger(UInt8(ascii: "\n"))
            }
            return out
        case .yaml: return ByteBuffer(bytes: YAML.write(tree))
        case .protobuf: return ByteBuffer(bytes: try ProtobufAnswer.bytes(tree))
        }
    }

    private func notAcceptable(_ why: String) -> APIStatus {
        APIStatus(code: 406, reason: "NotAcceptable", message: why)
    }

    /// `*core.Pod`; the original holds custom resources without a type of their own.
    private var goType: String {
        if served.resource.isCustom { return "*unstructured.Unstructured" }
        let home = served.groupVersion.group.split(separator: ".").first ?? "core"
        return "*\(home).\(served.resource.kind)"
    }
}
