import JSON

/// Keeps `metadata.managedFields` of one resource's objects, and carries out server-side apply.
///
/// Objects are of the request's version. Results may hold nulls where something was removed: they are to be decoded and
/// defaulted like a client's object, which is what the original does with them.
package struct ManagedFields: Sendable {
    /// An object in another version of its kind, and that version's type; nil when the version isn't served (any more).
    package typealias Conversion =
        @Sendable (_ object: JSON, _ from: GroupVersion, _ to: GroupVersion) -> (object: JSON, type: SchemaType?)?

    /// Of the whole object; nil for one without a schema.
    let type: SchemaType?
    let groupVersion: GroupVersion
    let kind: String
    /// "" for the main resource.
    let subresource: String
    /// Fields that a write through this endpoint can't change, and so doesn't own.
    let resetFields: FieldSet
    let convert: Conversion
    /// What an object has of which nothing is set yet: creations are compared with it.
    let empty: JSON

    /// Costs a walk through the type: to be made once for an endpoint, not for every request.
    package init(
        type: SchemaType?, groupVersion: GroupVersion, kind: String, subresource: String = "",
        resetFields: FieldSet = FieldSet(), convert: @escaping Conversion = { _, _, _ in nil }
    ) {
        self.type = type
        self.groupVersion = groupVersion
        self.kind = kind
        self.subresource = subresource
        self.resetFields = resetFields
        self.convert = convert
        var empty = type.map(StructuralDecoder.zero) ?? .object(JSONObject())
        empty["apiVersion"] = .string(groupVersion.description)
        empty["kind"] = .string(kind)
        self.empty = empty
    }

    var version: String { groupVersion.description }

    /// The fields that the endpoint's update strategy resets: the main resource doesn't own the status, and the status
    /// nothing of the spec.
    package static func resetFields(
        group: String = "", kind: String = "", subresource: String = "", hasStatus: Bool, isCustom: Bool = false
    ) -> FieldSet {
        switch subresource {
        // What a signer is asked for never changes.
        case "" where (group, kind) == ("certificates.k8s.io", "CertificateSigningRequest"):
            return FieldSet(fields: [["spec"], ["status"]])
        case "": return hasStatus ? FieldSet(fields: [["status"]]) : FieldSet()
        case "status": break
        default: return FieldSet()
        }
        if isCustom { return FieldSet(fields: [["metadata"], ["spec"]]) }
        return switch (group, kind) {
        case ("", "Pod"):
            FieldSet(fields: [["spec"], ["metadata", "deletionTimestamp"], ["metadata", "ownerReferences"]])
        case ("apps", "Deployment"): FieldSet(fields: [["spec"], ["metadata", "labels"]])
        case ("storage.k8s.io", "VolumeAttachment"): FieldSet(fields: [["spec"], ["metadata"]])
        default: FieldSet(fields: [["spec"]])
        }
    }

    /// The manager of a write that names none: the user agent up to its first slash.
    package static func managerName(_ fieldManager: String?, userAgent: String) -> String {
        if let fieldManager, !fieldManager.isEmpty { return fieldManager }
        var name = ""
        for scalar in userAgent.unicodeScalars.prefix(while: { $0 != "/" }) where GoText.isPrintable(scalar) {
            guard name.utf8.count + UTF8.width(scalar) <= MetadataRules.fieldManagerLimit else { break }
            name.unicodeScalars.append(scalar)
        }
        return name
    }

    /// Why `metadata.managedFields` can't be used; nil when it can. For what admission makes of it.
    package static func fault(_ managedFields: JSON) -> String? {
        do throws(FieldManagers.Malformed) {
            _ = try FieldManagers(managedFields)
            return nil
        } catch {
            return error.description
        }
    }

    /// Metadata that the server keeps; nobody owns it.
    private static let serverOwned = FieldSet(fields: [
        ["apiVersion"], ["kind"], ["metadata"], ["metadata", "name"], ["metadata", "namespace"],
        ["metadata", "creationTimestamp"], ["metadata", "selfLink"], ["metadata", "uid"], ["metadata", "clusterName"],
        ["metadata", "generation"], ["metadata", "managedFields"], ["metadata", "resourceVersion"],
    ])

    static func stripServerOwned(_ fields: FieldSet) -> FieldSet { fields.subtracting(serverOwned) }
}

extension ManagedFields {
    /// The new object with its managed fields: after a creation, update or patch other than apply.
    ///
    /// Entries that the client sends count, unless they are malformed or the write is through a subresource; an empty
    /// list, or one empty entry, resets them.
    /// - Parameter live: nil for a creation.
    package func update(live: JSON?, new: JSON, manager: String, now: Timestamp) -> JSON {
        let sent = new["metadata"]["managedFields"]
        var managers = decode(live: live, sent: sent)
        if managers.entries.isEmpty, !(live?["metadata"]["uid"].string ?? "").isEmpty {
            return new.withManagedFields(.null)  // It isn't tracked.
        }
        record(live: live ?? empty, new: new, manager, now, &managers)
        managers.joinOldUpdates()
        return new.withManagedFields(managers.json)
    }

    private func decode(live: JSON?, sent: JSON) -> FieldManagers {
        func stored() -> FieldManagers { (try? FieldManagers(live?["metadata"]["managedFields"] ?? .null)) ?? .init() }
        if !subresource.isEmpty { return stored() }
        if let list = sent.array {
            if list.isEmpty || list.count == 1 && list[0].isNullOrEmptyObject { return .init() }
            if let managers = try? FieldManagers(sent), !managers.entries.isEmpty { return managers }
        }
        return stored()
    }

    /// Notes what an update changed.
    func record(live: JSON, new: JSON, _ manager: String, _ now: Timestamp, _ managers: inout FieldManagers) {
        managers = reconciled(managers, with: live)
        let type = ApplyType(type)
        let all = type.compare(live.withManagedFields(.null), new.withManagedFields(.null))
        let difference = all.without(resetFields)
        _ = change(&managers, live, new, difference, except: nil)
        let own = ManagedFields.stripServerOwned(difference.modified.union(difference.added))
        guard !own.isEmpty else { return }
        let identity = FieldManagers.Identity(
            manager, isApply: false, apiVersion: version, subresource: subresource)
        let before = managers[identity]?.fields ?? FieldSet()
        managers.set(.init(identity, apiVersion: version, time: .string(now.text), fields: before.union(own)))
    }

    /// After a schema change, entries of what is atomic now.
    func reconciled(_ managers: FieldManagers, with live: JSON) -> FieldManagers {
        var managers = managers
        managers.changeAll { entry in
            guard entry.apiVersion == version, !ApplyType(type).isReconciled(entry.fields) else { return entry }
            var entry = entry
            entry.fields = ApplyType(type).reconciled(entry.fields)
            return entry
        }
        return managers
    }

    /// Takes from every other manager what the change removes or sets anew.
    /// - Returns: what it takes of what others own, by manager; with `isDry` the managers stay as they are.
    func change(
        _ managers: inout FieldManagers, _ live: JSON, _ new: JSON, _ difference: Comparison,
        except workflow: FieldManagers.Identity?, isDry: Bool = false
    ) -> [(manager: FieldManagers.Identity, fields: FieldSet)] {
        var conflicts: [(manager: FieldManagers.Identity, fields: FieldSet)] = []
        var versions = [version: difference]
        var changed = managers
        changed.changeAll { entry in
            if entry.identity == workflow { return entry }
            let seen: Comparison
            if let known = versions[entry.apiVersion] {
                seen = known
            } else {
                guard let other = compare(live, new, in: entry.apiVersion) else { return nil }
                versions[entry.apiVersion] = other
                seen = other
            }
            if [seen.modified, seen.added, seen.removed].allSatisfy(entry.fields.isDisjoint) { return entry }
            let conflict = entry.fields.intersection(seen.modified.union(seen.added))
            if !conflict.isEmpty { conflicts.append((entry.identity, conflict)) }
            var entry = entry
            entry.fields = entry.fields.subtracting(conflict).subtracting(seen.removed)
            return entry
        }
        if isDry { return conflicts }
        managers = changed
        managers.removeEmpty()
        return conflicts
    }

    /// The difference as another version of the kind shows it; nil when that isn't served.
    private func compare(_ live: JSON, _ new: JSON, in other: String) -> Comparison? {
        guard let target = GroupVersion(apiVersion: other), let before = convert(live, groupVersion, target),
            let after = convert(new, groupVersion, target)
        else { return nil }
        return ApplyType(before.type).compare(before.object, after.object).without(resetFields)
    }
}

extension JSON {
    /// With these managed fields; null: without any.
    func withManagedFields(_ fields: JSON) -> JSON {
        guard var members = object, case .object(var metadata)? = members["metadata"] else {
            if fields == .null || object == nil { return self }
            var result = self
            result["metadata"] = .object(JSONObject([("managedFields", fields)]))
            return result
        }
        if fields == .null, metadata.place(of: "managedFields") == nil { return self }
        // No `? :` here, where nil would be the JSON null.
        if fields == .null { metadata["managedFields"] = nil } else { metadata["managedFields"] = fields }
        members["metadata"] = .object(metadata)
        return .object(members)
    }
}
