import JSON

extension ManagedFields {
    /// The manager of what an object held before anyone applied to it, when nobody was on record.
    static let beforeFirstApply = "before-first-apply"

    /// The object after applying a configuration, with its managed fields.
    ///
    /// Fails with 400 for a configuration of another kind, 409 with a cause a field for conflicts, and 500, as the
    /// original does, for one that doesn't fit the schema.
    /// - Parameters:
    ///   - live: nil when there is none yet.
    ///   - force: takes fields from others instead of failing.
    package func apply(_ config: JSON, to live: JSON?, manager: String, force: Bool, now: Timestamp) throws(APIStatus)
        -> JSON
    {
        try check(config)
        var managers: FieldManagers
        do throws(FieldManagers.Malformed) {
            managers = try FieldManagers(live?["metadata"]["managedFields"] ?? .null)
        } catch {
            throw PatchFailure.unknown("failed to decode managed fields: \(error.description)")
        }
        do throws(TypeFaults) { try ApplyType(type).validate(config) } catch {
            throw PatchFailure.unknown(
                "failed to create typed patch object (\(title(config))): \(error.description)")
        }
        let object = live ?? empty
        if managers.entries.isEmpty {
            record(live: empty, new: object, ManagedFields.beforeFirstApply, now, &managers)
        }
        let identity = FieldManagers.Identity(manager, isApply: true, apiVersion: version, subresource: subresource)
        let outcome = try merge(config, into: object, identity, force, managers)
        var result = outcome.object
        if outcome.isChanged, var entry = outcome.managers[identity] {
            entry.time = .string(now.text)
            managers = outcome.managers
            managers.set(entry)
        } else {
            managers = outcome.managers
        }
        if manager == LastApplied.manager { LastApplied.update(&result, with: config) }
        return result.withManagedFields(managers.json)
    }

    private func check(_ config: JSON) throws(APIStatus) {
        let apiVersion = config["apiVersion"].string ?? ""
        let own = config["kind"].string ?? ""
        guard apiVersion == version, own == kind else {
            let text = apiVersion.contains("/") || apiVersion.isEmpty && own.isEmpty ? apiVersion : "/\(apiVersion)"
            throw .badRequest("invalid object type: \(text.isEmpty ? "/" : text), Kind=\(own)")
        }
        guard config["metadata"]["managedFields"] == .null else {
            throw .badRequest("metadata.managedFields must be nil")
        }
    }

    /// `default/web; apps/v1, Kind=Deployment`.
    private func title(_ config: JSON) -> String {
        let metadata = config["metadata"]
        let group = groupVersion.group.isEmpty ? "/\(version)" : version
        return "\(metadata["namespace"].string ?? "")/\(metadata["name"].string ?? ""); \(group), Kind=\(kind)"
    }

    private struct Outcome {
        let object: JSON
        let isChanged: Bool
        let managers: FieldManagers
    }

    private func merge(
        _ config: JSON, into live: JSON, _ identity: FieldManagers.Identity, _ force: Bool, _ stored: FieldManagers
    ) throws(APIStatus) -> Outcome {
        let applyType = ApplyType(type)
        var managers = reconciled(stored, with: live)
        let last = managers[identity]
        let fields = applyType.fieldSet(of: config).subtractingRecursively(resetFields)
        var entry = last ?? .init(identity, apiVersion: version, fields: fields)
        entry.apiVersion = version
        if entry.fields != fields { entry.fields = fields }
        managers.set(entry)

        var new = applyType.merge(live, config)
        if let last { new = pruned(new, last, managers) }
        let difference = applyType.compare(live, new).without(resetFields)
        let conflicts = change(&managers, live, new, difference, except: identity, isDry: !force)
        if !force {
            let left = LastApplied.conflicts(conflicts, identity, live: live, self)
            guard left.isEmpty else { throw ApplyConflict.status(left) }
            _ = change(&managers, live, new, difference, except: identity)
        }
        // What is stripped from the applier's own entry may leave nothing of it.
        if var own = managers[identity] {
            let stripped = ManagedFields.stripServerOwned(own.fields)
            if stripped != own.fields { own.fields = stripped }
            managers.set(own)
            managers.removeEmpty()
        }
        return Outcome(object: new, isChanged: !ValueOrder.isSame(live, new), managers: managers)
    }

    // MARK: Pruning

    /// Without what the manager applied last time, doesn't any more, and nobody else owns.
    private func pruned(_ merged: JSON, _ last: FieldManagers.Entry, _ managers: FieldManagers) -> JSON {
        guard !last.fields.isEmpty else { return merged }
        if last.apiVersion == version { return pruned(merged, last.fields, managers, ApplyType(type), version) }
        guard let target = GroupVersion(apiVersion: last.apiVersion),
            let converted = convert(merged, groupVersion, target)
        else { return merged }
        let result = pruned(converted.object, last.fields, managers, ApplyType(converted.type), last.apiVersion)
        return convert(result, target, groupVersion)?.object ?? merged
    }

    private func pruned(
        _ merged: JSON, _ last: FieldSet, _ managers: FieldManagers, _ type: ApplyType, _ at: String
    ) -> JSON {
        var owned = FieldSet()
        for entry in managers.entries where entry.apiVersion == at { owned = owned.union(entry.fields) }
        // All is still owned by someone: nothing can go. This is what applying again mostly is.
        if last.subtracting(owned).isEmpty { return merged }
        let named = type.withNamedFields(last)
        let all = type.withNamedFields(type.fieldSet(of: merged))
        var result = type.removing(named, from: merged)
        var kept = type.withNamedFields(type.fieldSet(of: result))
        // Back in comes what someone owns, in this version and in others.
        result = type.removing(all.subtracting(kept.union(type.withNamedFields(owned))), from: merged)
        result = withOwned(in: at, merged, result, managers)
        // And what nobody owns, but wasn't applied last time either: defaults below what went.
        kept = type.withNamedFields(type.fieldSet(of: result))
        return type.removing(all.subtracting(kept).intersection(named), from: merged)
    }

    /// Brings back what managers of other versions own.
    private func withOwned(in at: String, _ merged: JSON, _ pruned: JSON, _ managers: FieldManagers) -> JSON {
        var owned: [String: FieldSet] = [:]
        for entry in managers.entries where entry.apiVersion != at {
            owned[entry.apiVersion] = (owned[entry.apiVersion] ?? FieldSet()).union(entry.fields)
        }
        guard let here = GroupVersion(apiVersion: at) else { return pruned }
        var result = pruned
        for (version, fields) in owned.sorted(by: { $0.key < $1.key }) {
            guard let target = GroupVersion(apiVersion: version), let whole = convert(merged, here, target),
                let part = convert(result, here, target)
            else { continue }
            let type = ApplyType(whole.type)
            let all = type.withNamedFields(type.fieldSet(of: whole.object))
            let kept = type.withNamedFields(type.fieldSet(of: part.object)).union(type.withNamedFields(fields))
            result = convert(type.removing(all.subtracting(kept), from: whole.object), target, here)?.object ?? result
        }
        return result
    }
}

/// The answer to an apply that others' fields are in the way of.
enum ApplyConflict {
    typealias Conflict = (manager: FieldManagers.Identity, fields: FieldSet)

    static func status(_ conflicts: [Conflict]) -> APIStatus {
        let sorted = conflicts.map { (manager: $0.manager, key: $0.manager.text, paths: $0.fields.paths) }
            .sorted { $0.key < $1.key }
        let count = sorted.reduce(0) { $0 + $1.paths.count }
        let message: String
        if count == 1, let only = sorted.first, let path = only.paths.first {
            message = "Apply failed with 1 conflict: conflict with \(only.manager.title): \(path.pathText)"
        } else {
            let lines = sorted.flatMap { conflict in
                ["conflicts with \(conflict.manager.title):"] + conflict.paths.map { "- \($0.pathText)" }
            }
            message = "Apply failed with \(count) conflicts: \(lines.joined(separator: "\n"))"
        }
        let causes = sorted.flatMap { conflict in
            conflict.paths.map { path -> JSON in
                [
                    "reason": "FieldManagerConflict", "message": .string("conflict with \(conflict.manager.title)"),
                    "field": .string(path.pathText),
                ]
            }
        }
        return APIStatus(code: 409, reason: "Conflict", message: message, details: ["causes": .array(causes)])
    }
}
