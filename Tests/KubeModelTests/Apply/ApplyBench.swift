import JSON
import Testing

@testable import KubeModel

/// What happens to an object, one write after the other.
enum ApplyStep: Sendable {
    case apply(String, String)
    case force(String, String)
    /// A PUT or patch: the whole object is this now.
    case update(String, String)
}

/// One row of a table of writes, what they make of the object, and who owns what then. Texts are JSON with single
/// quotes; the owners' are paths: `apply a: .s .o.b; update u: .n`.
struct ApplyCase: CustomTestStringConvertible, Sendable {
    let name: String
    let steps: [ApplyStep]
    let object: String
    let owners: String
    /// The message of the last step's failure; then object and owners are those from before it.
    var failure: String?

    init(_ name: String, _ steps: [ApplyStep], _ object: String, _ owners: String, failure: String? = nil) {
        self.name = name
        self.steps = steps
        self.object = object
        self.owners = owners
        self.failure = failure
    }

    var testDescription: String { name }
}

/// A server in small: it keeps one object, and drops what a decoder would drop.
struct ApplyBench {
    let fields: ManagedFields
    var live: JSON?
    var seconds = 1_000

    init(
        _ type: SchemaType?, _ groupVersion: GroupVersion = GroupVersion("t.io", "v1"), _ kind: String = "T",
        subresource: String = "", resetFields: FieldSet = FieldSet()
    ) {
        fields = ManagedFields(
            type: type, groupVersion: groupVersion, kind: kind, subresource: subresource, resetFields: resetFields)
    }

    private func whole(_ text: String) throws -> JSON {
        var object = try json(text)
        object["apiVersion"] = .string(fields.groupVersion.description)
        object["kind"] = .string(fields.kind)
        return object
    }

    mutating func take(_ step: ApplyStep) throws {
        seconds += 1
        let now = Timestamp(seconds: seconds)
        switch step {
        case .apply(let manager, let text):
            store(try fields.apply(try whole(text), to: live, manager: manager, force: false, now: now))
        case .force(let manager, let text):
            store(try fields.apply(try whole(text), to: live, manager: manager, force: true, now: now))
        case .update(let manager, let text):
            var new = try whole(text)
            if let live { new["metadata", "uid"] = live["metadata"]["uid"] }
            store(fields.update(live: live, new: new, manager: manager, now: now))
        }
    }

    private mutating func store(_ result: JSON) {
        var object = StrategicMergePatch.withoutNulls(result)
        object["metadata", "uid"] = "1"
        live = object
    }

    /// Without what every object has.
    var object: JSON {
        var object = live ?? [:]
        for name in ["apiVersion", "kind"] { object.remove(name) }
        var metadata = object["metadata"]
        for name in ["managedFields", "uid"] { metadata.remove(name) }
        if metadata.isNullOrEmptyObject { object.remove("metadata") } else { object["metadata"] = metadata }
        return object
    }

    var owners: String {
        let entries = (live?["metadata"]["managedFields"].array ?? []).map { entry -> String in
            let set = try? FieldSet(fieldsV1: entry["fieldsV1"])
            let paths = (set?.paths ?? []).map(\.pathText).sorted().joined(separator: " ")
            let operation = entry["operation"].string ?? ""
            return "\(operation.lowercased()) \(entry["manager"].string ?? ""): \(paths)"
        }
        return entries.joined(separator: "; ")
    }

    static func check(_ row: ApplyCase, _ bench: ApplyBench) throws {
        var bench = bench
        var message: String?
        for (at, step) in row.steps.enumerated() {
            do { try bench.take(step) } catch let error as APIStatus {
                #expect(at == row.steps.count - 1, "step \(at): \(error.message)")
                message = error.message
            }
        }
        #expect(message == row.failure)
        #expect(sorted(bench.object).text == sorted(try json(row.object)).text)
        #expect(bench.owners == row.owners)
    }
}

/// A type with a place of every sort.
enum SmallType {
    static let type: SchemaType = {
        let string = SchemaType(.string(.plain)), integer = SchemaType(.integer(bits: 32))
        let pair = SchemaType(.object([SchemaField("a", string), SchemaField("b", string)]))
        let item = SchemaType(
            .object([
                SchemaField("name", string), SchemaField("value", string), SchemaField("sub", pair),
                SchemaField("tags", SchemaType(.list(of: string, .set))),
            ]))
        var kind = SchemaField("protocol", string)
        kind.defaultValue = "TCP"
        let port = SchemaType(.object([SchemaField("port", integer), kind, SchemaField("name", string)]))
        let metadata = SchemaType(
            .object([
                SchemaField("name", string), SchemaField("uid", string), SchemaField("resourceVersion", string),
                SchemaField("labels", SchemaType(.map(of: string))),
                SchemaField("annotations", SchemaType(.map(of: string))),
                SchemaField("managedFields", SchemaType(.list(of: SchemaType(), .atomic))),
            ]))
        return SchemaType(
            .object([
                SchemaField("apiVersion", string), SchemaField("kind", string), SchemaField("metadata", metadata),
                SchemaField("s", string), SchemaField("n", integer), SchemaField("f", SchemaType(.boolean)),
                SchemaField("m", SchemaType(.map(of: string))), SchemaField("o", pair),
                SchemaField("ao", SchemaType(.object(pair.fields), isAtomic: true)),
                SchemaField("am", SchemaType(.map(of: string), isAtomic: true)),
                SchemaField("al", SchemaType(.list(of: string, .atomic))),
                SchemaField("set", SchemaType(.list(of: string, .set))),
                SchemaField("l", SchemaType(.list(of: item, .map(keys: ["name"])))),
                SchemaField("ports", SchemaType(.list(of: port, .map(keys: ["port", "protocol"])))),
                SchemaField("mo", SchemaType(.map(of: pair))), SchemaField("raw", SchemaType(.any)),
                SchemaField("open", SchemaType(.any, preservesUnknown: true)),
                SchemaField("q", SchemaType(.quantity)), SchemaField("status", pair),
            ]))
    }()
}
