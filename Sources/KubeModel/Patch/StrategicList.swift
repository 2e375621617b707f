import JSON

/// How strategic merge patch treats one list: whole, as a set of scalars, or as objects known by a key.
struct StrategicList {
    /// Whether elements of the patch join those of the object, rather than replace them.
    let isMerged: Bool
    /// Nil for a list of scalars.
    let key: String?
    let element: SchemaType?

    init(_ field: String, of type: SchemaType?) {
        let field = type?.field(field)
        isMerged = field?.patchStrategy.contains(.merge) ?? false
        key = field?.patchMergeKey.flatMap { $0.isEmpty ? nil : $0 }
        if case .list(let element, _) = field?.type.shape { self.element = element } else { element = nil }
    }

    // MARK: Merging

    func merge(_ patch: [JSON], into original: [JSON]) throws(APIStatus) -> [JSON] {
        if original.isEmpty, patch.isEmpty { return original }
        guard try StrategicList.areObjects([original, patch]) else {
            return arrange(unique(original + patch), patchOrder: patch, serverOrder: original)
        }
        guard let key else { throw PatchFailure.unknown("cannot merge lists without merge key for struct") }
        let (kept, changes) = try special(patch, original, key)
        let merged = try mergeObjects(changes, into: kept, key)
        for item in kept where item.object?.place(of: key) == nil {
            throw StrategicMergePatch.noMergeKey(item.object ?? JSONObject(), key)
        }
        return arrange(merged, patchOrder: changes, serverOrder: kept)
    }

    /// `$deleteFromPrimitiveList`.
    func delete(_ gone: [JSON], from original: [JSON]) throws(APIStatus) -> [JSON] {
        if original.isEmpty, gone.isEmpty { return original }
        if try StrategicList.areObjects([original, gone]) { return try merge(gone, into: original) }
        let gone = Set(gone)
        return original.filter { !gone.contains($0) }
    }

    /// Carries out the patch's elements with `$patch`, and returns the rest of it and of the object.
    private func special(_ patch: [JSON], _ original: [JSON], _ key: String) throws(APIStatus)
        -> (kept: [JSON], changes: [JSON])
    {
        var changes: [JSON] = []
        var deleted: Set<JSON> = []
        var replaces = false
        for item in patch {
            guard case .object(let members) = item else { continue }
            switch members[StrategicMergePatch.directive] {
            case nil: changes.append(item)
            case "delete":
                guard let value = members[key] else { throw StrategicMergePatch.noMergeKey(members, key) }
                deleted.insert(value)
            case "replace": replaces = true
            case "merge": throw PatchFailure.unknown("merging lists cannot yet be specified in the patch")
            case let other?: throw StrategicMergePatch.badDirective(other, members)
            }
        }
        if replaces { return (changes, []) }
        if deleted.isEmpty { return (original, changes) }
        return (original.filter { item in item.object?[key].map { !deleted.contains($0) } ?? true }, changes)
    }

    /// Each element of the patch is merged into the first with its key, or comes at the end.
    private func mergeObjects(_ changes: [JSON], into original: [JSON], _ key: String) throws(APIStatus) -> [JSON] {
        var result = original
        var places = StrategicList.places(original, key)
        for change in changes {
            guard case .object(let members) = change, let value = members[key] else {
                throw StrategicMergePatch.noMergeKey(change.object ?? JSONObject(), key)
            }
            if let at = places[value], case .object(let old) = result[at] {
                result[at] = .object(try StrategicMergePatch.merge(members, into: old, element))
            } else {
                places[value] = result.count
                result.append(StrategicMergePatch.withoutNulls(change))
            }
        }
        return result
    }

    // MARK: Order

    /// Whether `$setElementOrder` names the patch's elements in the order in which the patch has them.
    func check(_ patch: [JSON], follows order: [JSON]) throws(APIStatus) {
        if patch.isEmpty || order.isEmpty { return }
        var named = order[...]
        for item in patch {
            if let key {
                guard case .object(let members) = item else {
                    throw StrategicMergePatch.badType("map[string]interface {}", item)
                }
                if members.place(of: StrategicMergePatch.directive) != nil { continue }
                if members.place(of: key) == nil { throw StrategicMergePatch.noMergeKey(members, key) }
            }
            var isFound = false
            while !isFound, let next = named.popFirst() { isFound = try hasSameKey(item, next) }
            guard isFound else {
                throw PatchFailure.unknown(
                    "The order in patch list:\n\(GoText.value(.array(patch)))\n doesn't match $setElementOrder list:\n"
                        + "\(GoText.value(.array(order)))\n")
            }
        }
    }

    private func hasSameKey(_ item: JSON, _ other: JSON) throws(APIStatus) -> Bool {
        guard let key else { return item == other }
        guard case .object(let members) = other else {
            throw StrategicMergePatch.badType("map[string]interface {}", other)
        }
        guard let value = members[key] else { throw StrategicMergePatch.noMergeKey(members, key) }
        return item.object?[key] == value
    }

    /// The merged list in the order that `$setElementOrder` asks for.
    func ordered(_ merged: [JSON], by order: [JSON], serverOrder: [JSON], elements: [[JSON]?]) throws(APIStatus)
        -> [JSON]
    {
        if let key {
            for item in merged + order {
                guard case .object(let members) = item else {
                    throw StrategicMergePatch.badType("map[string]interface {}", item)
                }
                if members.place(of: key) == nil { throw StrategicMergePatch.noMergeKey(members, key) }
            }
        }
        guard elements.contains(where: { $0?.isEmpty == false }) else {
            throw PatchFailure.unknown("no elements in any of the given slices")
        }
        _ = try StrategicList.areObjects(elements.compactMap(\.self))
        return arrange(merged, patchOrder: order, serverOrder: serverOrder)
    }

    /// Elements that the patch names come in its order, the others in the server's, and the two are merged so that
    /// the server's order holds where it knows both; else the patch's come first.
    private func arrange(_ merged: [JSON], patchOrder: [JSON], serverOrder: [JSON]) -> [JSON] {
        let patchPlaces = StrategicList.places(patchOrder, key)
        let serverPlaces = StrategicList.places(serverOrder, key)
        func place(_ item: JSON, _ places: [JSON: Int]) -> Int? { places[StrategicList.identity(item, key)] }
        func sorted(_ items: [JSON], _ places: [JSON: Int]) -> [JSON] {
            let ranked = items.enumerated().map { (rank: place($1, places) ?? -1, at: $0, item: $1) }
            return ranked.sorted { ($0.rank, $0.at) < ($1.rank, $1.at) }.map(\.item)
        }
        let named = sorted(merged.filter { place($0, patchPlaces) != nil }, patchPlaces)
        let others = sorted(merged.filter { place($0, patchPlaces) == nil }, serverPlaces)
        var result: [JSON] = []
        result.reserveCapacity(merged.count)
        var (left, right) = (0, 0)
        while left < others.count || right < named.count {
            let takesOther: Bool
            if left == others.count {
                takesOther = false
            } else if right == named.count {
                takesOther = true
            } else if let other = place(others[left], serverPlaces), let name = place(named[right], serverPlaces) {
                takesOther = other < name
            } else {
                takesOther = false
            }
            if takesOther {
                result.append(others[left])
                left += 1
            } else {
                result.append(named[right])
                right += 1
            }
        }
        return result
    }

    // MARK: Elements

    /// What an element is known by.
    private static func identity(_ item: JSON, _ key: String?) -> JSON {
        guard let key else { return item }
        return item.object?[key] ?? .null
    }

    /// The first place of each element.
    private static func places(_ list: [JSON], _ key: String?) -> [JSON: Int] {
        var places: [JSON: Int] = [:]
        places.reserveCapacity(list.count)
        for (at, item) in list.enumerated() {
            let identity = identity(item, key)
            if places[identity] == nil { places[identity] = at }
        }
        return places
    }

    private func unique(_ list: [JSON]) -> [JSON] {
        var seen: Set<JSON> = []
        return list.filter { seen.insert($0).inserted }
    }

    /// Whether the lists hold objects; fails when their elements are of different types, or lists themselves.
    private static func areObjects(_ lists: [[JSON]]) throws(APIStatus) -> Bool {
        var first: String?
        for list in lists {
            for item in list {
                if case .array = item { throw PatchFailure.unprocessable }
                let type = GoText.type(item)
                guard let first else {
                    first = type
                    continue
                }
                if type != first {
                    let text = lists.map { GoText.value(.array($0)) }.joined(separator: " ")
                    throw PatchFailure.unknown("list element types are not identical: [\(text)]")
                }
            }
        }
        return first == "map[string]interface {}"
    }
}
