import JSON

/// Where a custom resource keeps what its `scale` subresource shows.
package struct CustomResourceScale: Sendable {
    let specPath: String, statusPath: String
    /// "": none.
    let selectorPath: String

    /// What stands in an update for a number that was never set; smallest Int32.
    static let unset = Int(Int32.min)

    /// Where the number of replicas is, name by name.
    package var replicasPath: [String] { Self.names(specPath) }

    /// Nil for a version without the subresource.
    init?(_ scale: JSON) {
        guard !scale.isNull else { return nil }
        specPath = scale.text("specReplicasPath")
        statusPath = scale.text("statusReplicasPath")
        selectorPath = scale.text("labelSelectorPath")
    }

    private struct Misplaced: Error { let message: String }

    private static func names(_ path: String) -> [String] {
        (path.hasPrefix(".") ? path.dropFirst() : path[...])
            .split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    }

    /// Nil when there is none.
    private static func value(_ object: JSON, _ path: String, _ type: String) throws(Misplaced) -> JSON? {
        var current = object
        let names = names(path)
        for (index, name) in names.enumerated() {
            if current.isNull { return Optional<JSON>.none }
            guard let members = current.object else {
                throw misplaced(names.prefix(index + 1), current, "map[string]interface {}")
            }
            guard let member = members[name] else { return Optional<JSON>.none }
            current = member
        }
        switch (type, current) {
        case ("int64", .int), ("string", .string): return current
        default: throw misplaced(names[...], current, type)
        }
    }

    private static func misplaced(_ names: ArraySlice<String>, _ value: JSON, _ type: String) -> Misplaced {
        let found = value.isNull ? "<nil>" : GoText.type(value)
        let expected = type.hasPrefix("map") ? "map[string]interface{}" : type
        return Misplaced(
            message: ".\(names.joined(separator: ".")) accessor error: \(GoText.value(value)) is of the type \(found), "
                + "expected \(expected)")
    }

    /// What `autoscaling/v1` Scale says of the object.
    ///
    /// - Parameter isForUpdate: an object without a number has `unset` for it, rather than failing.
    package func scale(of object: JSON, isForUpdate: Bool = false) throws(APIStatus) -> JSON {
        do throws(Misplaced) {
            let replicas = try Self.value(object, specPath, "int64")?.int
            let ready = try Self.value(object, statusPath, "int64")?.int ?? 0
            let selector = selectorPath.isEmpty ? "" : try Self.value(object, selectorPath, "string")?.string ?? ""
            if replicas == nil, !isForUpdate {
                throw Misplaced(message: "the spec replicas field \(GoText.quoted(specPath)) does not exist")
            }
            return WorkloadScale.json(object, replicas: replicas ?? Self.unset, ready: ready, selector: selector)
        } catch {
            throw APIStatus.internalError(error.message)
        }
    }

    /// The object with the number of replicas that the scale asks for.
    package func scaled(_ object: JSON, to scale: JSON) throws(APIStatus) -> JSON {
        let replicas = scale["spec", "replicas"].int ?? 0
        guard replicas != Self.unset else {
            throw APIStatus.badRequest("the spec replicas field \(GoText.quoted(specPath)) cannot be empty")
        }
        var result = object
        Self.set(&result, Self.names(specPath)[...], JSON(replicas))
        let version = scale["metadata"].text("resourceVersion")
        if !version.isEmpty { result["metadata", "resourceVersion"] = .string(version) }
        return result
    }

    private static func set(_ object: inout JSON, _ names: ArraySlice<String>, _ value: JSON) {
        guard let name = names.first else { return object = value }
        var child = object[name]
        set(&child, names.dropFirst(), value)
        object[name] = child
    }

    func specErrors(_ object: JSON) -> [FieldError] { Self.numberErrors(object, specPath) }

    func statusErrors(_ object: JSON) -> [FieldError] {
        var errors = Self.numberErrors(object, statusPath)
        if !selectorPath.isEmpty {
            do throws(Misplaced) { _ = try Self.value(object, selectorPath, "string") } catch {
                errors.append(.of(.invalid, FieldPath(selectorPath), "", error.message))
            }
        }
        return errors
    }

    private static func numberErrors(_ object: JSON, _ path: String) -> [FieldError] {
        let place = FieldPath(path)
        do throws(Misplaced) {
            guard let value = try value(object, path, "int64"), let number = value.int else { return [] }
            if number < 0 { return [.of(.invalid, place, value, "should be a non-negative integer")] }
            if number > Int32.max {
                return [.of(.invalid, place, value, "should be less than or equal to \(Int32.max)")]
            }
            return []
        } catch {
            return [.of(.invalid, place, 0, error.message)]
        }
    }
}
