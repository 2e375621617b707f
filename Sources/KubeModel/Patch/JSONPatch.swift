import JSON

/// JSON patch (RFC 6902) as the API server applies it: negative indices count from the end, a missing `value` is null.
package struct JSONPatch: Sendable {
    /// Most operations of one patch. Source: the original's `maxJSONPatchOperations`.
    package static let operationLimit = 10_000
    /// Most bytes that a patch's `copy` operations may add together, as JSON text. Source: the original's
    /// `JSONPatchMaxCopyBytes`, 3 MiB.
    package static let copyLimit = 3 << 20

    /// Why one operation failed. Clients don't see it (they get 422 and a fixed sentence); logs do.
    package struct Failure: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    private let operations: [JSONObject]
    /// What strict field validation says of members that no operation has: `json patch unknown field "[0].foo"`.
    package let unknownFields: [String]

    /// Fails with 400 when it is no list of objects, with 413 when it is too long.
    package init(_ patch: JSON) throws(APIStatus) {
        guard let list = patch.array else { throw PatchFailure.decoding(patch, into: "[]handlers.jsonPatchOp") }
        var operations: [JSONObject] = []
        var unknown: [String] = []
        for (at, element) in list.enumerated() {
            guard let operation = element.object else {
                throw PatchFailure.decoding(element, into: "handlers.jsonPatchOp")
            }
            for (key, _) in operation where !["op", "path", "from", "value"].contains(key) {
                unknown.append("json patch unknown field \"[\(at)].\(key)\"")
            }
            operations.append(operation)
        }
        guard operations.count <= JSONPatch.operationLimit else {
            throw PatchFailure.tooLarge(
                "The allowed maximum operations in a JSON patch is \(JSONPatch.operationLimit), got \(operations.count)"
            )
        }
        self.operations = operations
        unknownFields = unknown
    }

    /// Fails with 422 when an operation does.
    package func apply(to document: JSON) throws(APIStatus) -> JSON {
        do throws(Failure) {
            return try applied(to: document)
        } catch {
            throw PatchFailure.unprocessable
        }
    }

    /// The same with the reason of the failure.
    package func applied(to document: JSON) throws(Failure) -> JSON {
        var document = document
        var copied = 0
        for operation in operations {
            switch operation["op"]?.string ?? "unknown" {
            case "add": try add(operation, &document)
            case "remove": try remove(operation, &document)
            case "replace": try replace(operation, &document)
            case "move": try move(operation, &document)
            case "copy": try copy(operation, &document, &copied)
            case "test": try test(operation, document)
            case let other: throw Failure(description: "Unexpected kind: \(other)")
            }
        }
        return document
    }

    // MARK: Operations

    private func pointer(_ operation: JSONObject, _ member: String, _ verb: String) throws(Failure) -> Pointer {
        guard let text = operation[member]?.string else {
            throw Failure(description: "\(verb) operation failed to decode \(member): missing value")
        }
        return Pointer(text)
    }

    private func value(_ operation: JSONObject) -> JSON { operation["value"] ?? .null }

    private func add(_ operation: JSONObject, _ document: inout JSON) throws(Failure) {
        let path = try pointer(operation, "path", "add")
        try path.change(
            &document, missing: "add operation does not apply: doc is missing path: \"\(path.text)\": missing value"
        ) { (node, key) throws(Failure) in
            do throws(Failure) { try node.add(value(operation), key) } catch {
                throw Failure(description: "error in add for path: '\(path.text)': \(error.description)")
            }
        }
    }

    private func remove(_ operation: JSONObject, _ document: inout JSON) throws(Failure) {
        let path = try pointer(operation, "path", "remove")
        try path.change(
            &document,
            missing: "remove operation does not apply: doc is missing path: \"\(path.text)\": missing value"
        ) { (node, key) throws(Failure) in
            do throws(Failure) { try node.removeChild(key) } catch {
                throw Failure(description: "error in remove for path: '\(path.text)': \(error.description)")
            }
        }
    }

    private func replace(_ operation: JSONObject, _ document: inout JSON) throws(Failure) {
        let path = try pointer(operation, "path", "replace")
        if path.text.isEmpty {
            let new = value(operation)
            guard new.object != nil || new.array != nil else {
                throw Failure(description: "replace operation value must be object or array")
            }
            document = new
            return
        }
        try path.change(
            &document, missing: "replace operation does not apply: doc is missing path: \(path.text): missing value"
        ) { (node, key) throws(Failure) in
            do throws(Failure) { try node.setChild(value(operation), key) } catch {
                throw Failure(
                    description: "replace operation does not apply: doc is missing key: \(path.text): missing value")
            }
        }
    }

    private func move(_ operation: JSONObject, _ document: inout JSON) throws(Failure) {
        let from = try pointer(operation, "from", "move")
        let moved = try from.change(
            &document, missing: "move operation does not apply: doc is missing from path: \(from.text): missing value"
        ) { (node, key) throws(Failure) in
            do throws(Failure) {
                let value = try node.child(key)
                try node.removeChild(key)
                return value
            } catch {
                throw Failure(description: "error in move for path: '\(key)': \(error.description)")
            }
        }
        let path = try pointer(operation, "path", "move")
        try path.change(
            &document,
            missing: "move operation does not apply: doc is missing destination path: \(path.text): missing value"
        ) { (node, key) throws(Failure) in
            do throws(Failure) { try node.add(moved, key) } catch {
                throw Failure(description: "error in move for path: '\(path.text)': \(error.description)")
            }
        }
    }

    private func copy(_ operation: JSONObject, _ document: inout JSON, _ copied: inout Int) throws(Failure) {
        let from = try pointer(operation, "from", "copy")
        guard let value = try from.value(in: document, { "error in copy for from: '\(from.text)': \($0)" }) else {
            throw Failure(
                description: "copy operation does not apply: doc is missing from path: \(from.text): missing value")
        }
        copied += value.bytes().count
        guard copied <= JSONPatch.copyLimit else {
            throw Failure(
                description: "Unable to complete the copy, the accumulated size increase of copy is \(copied), "
                    + "exceeding the limit \(JSONPatch.copyLimit)")
        }
        let path = try pointer(operation, "path", "copy")
        try path.change(
            &document,
            missing: "copy operation does not apply: doc is missing destination path: \(path.text): missing value"
        ) { (node, key) throws(Failure) in
            do throws(Failure) { try node.add(value, key) } catch {
                throw Failure(description: "error while adding value during copy: \(error.description)")
            }
        }
    }

    private func test(_ operation: JSONObject, _ document: JSON) throws(Failure) {
        let path = try pointer(operation, "path", "test")
        let failed = Failure(description: "testing value \(path.text) failed: test failed")
        if path.text.isEmpty {
            guard document == value(operation) else { throw failed }
            return
        }
        guard let parent = path.parent(in: document) else {
            throw Failure(
                description: "test operation does not apply: is missing path: \(path.text): missing value")
        }
        var found = JSON.null
        do throws(Failure) { found = try parent.child(path.key) } catch {
            // A missing member equals null; a bad index doesn't.
            guard parent.object != nil else {
                throw Failure(description: "error in test for path: '\(path.text)': \(error.description)")
            }
        }
        guard found == value(operation) else { throw failed }
    }
}

/// A JSON pointer (RFC 6901).
private struct Pointer {
    typealias Failure = JSONPatch.Failure
    let text: String
    /// Unescaped; nil when the pointer has no slash.
    private let parts: [String]?

    init(_ text: String) {
        self.text = text
        let split = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        parts = split.count < 2 ? nil : split.dropFirst().map { Pointer.unescape(Substring($0)) }
    }

    private static func unescape(_ part: Substring) -> String {
        guard part.utf8.contains(UInt8(ascii: "~")) else { return String(part) }
        var out: [UInt8] = []
        var rest = part.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "~"), let next = rest.first, next == 0x30 || next == 0x31 {
                rest = rest.dropFirst()
                out.append(next == 0x30 ? byte : UInt8(ascii: "/"))
            } else {
                out.append(byte)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    var key: String { parts?.last ?? "" }

    /// The object or list that holds the pointer's end; nil when the way to it breaks off.
    func parent(in document: JSON) -> JSON? {
        guard let parts else { return nil }
        var node = document
        for part in parts.dropLast() {
            guard let next = try? node.child(part) else { return nil }
            node = next
        }
        guard node.isContainer else { return nil }  // Not with `? :`, where nil would be the JSON null.
        return node
    }

    /// Nil when the way breaks off.
    func value(in document: JSON, _ wrap: (String) -> String) throws(Failure) -> JSON? {
        guard let parent = parent(in: document) else { return nil }
        // A member that isn't there counts as null.
        if let members = parent.object { return members[key] ?? JSON.null }
        do throws(Failure) { return try parent.child(key) } catch {
            throw Failure(description: wrap(error.description))
        }
    }

    /// Runs `body` on the object or list that holds the pointer's end, in place.
    func change<Result>(
        _ document: inout JSON, missing: @autoclosure () -> String,
        _ body: (inout JSON, String) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard let parts else { throw Failure(description: missing()) }
        let result = try Pointer.descend(&document, parts[...], body)
        guard let result else { throw Failure(description: missing()) }
        return result
    }

    private static func descend<Result>(
        _ node: inout JSON, _ parts: ArraySlice<String>, _ body: (inout JSON, String) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        guard let part = parts.first else { return nil }
        if parts.count == 1 {
            guard node.isContainer else { return nil }
            return try body(&node, part)
        }
        switch node {
        case .object(var members):
            node = .null
            defer { node = .object(members) }
            return try members.modify(part) { (child) throws(Failure) -> Result? in
                guard var next = child else { return nil }
                child = .null
                defer { child = next }
                return try descend(&next, parts.dropFirst(), body)
            }
        case .array(var elements):
            guard let at = try? JSON.index(part, in: elements.count) else { return nil }
            node = .null
            defer { node = .array(elements) }
            return try descend(&elements[at], parts.dropFirst(), body)
        default: return nil
        }
    }
}

extension JSON {
    fileprivate typealias Failure = JSONPatch.Failure

    fileprivate var isContainer: Bool {
        switch self {
        case .object, .array: true
        default: false
        }
    }

    /// The place that a pointer's part names in a list; -1 is the last one.
    fileprivate static func index(_ part: String, in count: Int) throws(Failure) -> Int {
        guard let index = GoInteger.parse(part) else {
            throw Failure(description: GoInteger.failure("Atoi", part))
        }
        let place = index < 0 ? index + count : index
        guard place >= 0, place < count else {
            throw Failure(description: "Unable to access invalid index: \(index): invalid array index")
        }
        return place
    }

    fileprivate func child(_ key: String) throws(Failure) -> JSON {
        switch self {
        case .object(let members):
            guard let value = members[key] else {
                throw Failure(description: "unable to get nonexistent key: \(key): missing value")
            }
            return value
        case .array(let elements): return elements[try JSON.index(key, in: elements.count)]
        default: throw Failure(description: "missing value")
        }
    }

    fileprivate mutating func setChild(_ value: JSON, _ key: String) throws(Failure) {
        switch self {
        case .object(var members):
            guard members.place(of: key) != nil else { throw Failure(description: "missing value") }
            self = .null
            members[key] = value
            self = .object(members)
        case .array(var elements):
            let at = try JSON.index(key, in: elements.count)
            self = .null
            elements[at] = value
            self = .array(elements)
        default: throw Failure(description: "missing value")
        }
    }

    fileprivate mutating func add(_ value: JSON, _ key: String) throws(Failure) {
        switch self {
        case .object(var members):
            self = .null
            members[key] = value
            self = .object(members)
        case .array(var elements):
            if key == "-" {
                self = .null
                elements.append(value)
                return self = .array(elements)
            }
            guard GoInteger.parse(key) != nil else {
                let why = GoInteger.failure("Atoi", key)
                throw Failure(description: "value was not a proper array index: '\(key)': \(why)")
            }
            let at = try JSON.index(key, in: elements.count + 1)
            self = .null
            elements.insert(value, at: at)
            self = .array(elements)
        default: throw Failure(description: "missing value")
        }
    }

    fileprivate mutating func removeChild(_ key: String) throws(Failure) {
        switch self {
        case .object(var members):
            guard members.place(of: key) != nil else {
                throw Failure(description: "Unable to remove nonexistent key: \(key): missing value")
            }
            self = .null
            members[key] = nil
            self = .object(members)
        case .array(var elements):
            let at = try JSON.index(key, in: elements.count)
            self = .null
            elements.remove(at: at)
            self = .array(elements)
        default: throw Failure(description: "missing value")
        }
    }
}
