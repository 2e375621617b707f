import JSON

/// Checks of amounts of resources, for containers, pods, quotas, limit ranges, nodes and volumes.
package enum ResourceRules {
    /// Amounts finer than a thousandth become the next thousandth, in each of the parts.
    package static func roundAmounts(_ object: inout JSON, _ parts: String...) {
        for part in parts {
            object.edit(part) { amounts in
                // Only what is that fine is written with such a suffix.
                let fine = (amounts.object ?? JSONObject()).filter {
                    guard let last = $0.value.string?.utf8.last else { return false }
                    return last == UInt8(ascii: "n") || last == UInt8(ascii: "u")
                }
                for (name, amount) in fine {
                    if let quantity = Quantity(amount) {
                        amounts[name] = .string(Quantity(milli: quantity.milliValue).description)
                    }
                }
            }
        }
    }

    static func checkName(_ name: String, _ path: FieldPath, _ faults: inout Faults) -> Bool {
        let details = Names.qualifiedName(name)
        for detail in details { faults.invalid(path, .string(name), detail) }
        guard details.isEmpty else { return false }
        if !name.contains("/"), !ResourceNames.isStandard(name) {
            faults.invalid(path, .string(name), "must be a standard resource type or fully qualified")
            return false
        }
        return true
    }

    static func checkContainerName(_ name: String, _ path: FieldPath, _ faults: inout Faults) {
        // Nearly all that come.
        if ResourceNames.isStandardForContainers(name), !ResourceNames.isHugePage(name) { return }
        _ = checkName(name, path, &faults)
        if !name.contains("/") {
            if !ResourceNames.isStandardForContainers(name) {
                faults.invalid(path, .string(name), "must be a standard resource for containers")
            }
        } else if !ResourceNames.isNative(name), !ResourceNames.isExtended(name) {
            faults.invalid(path, .string(name), "doesn't follow extended resource name standard")
        }
    }

    static func checkPodName(_ name: String, _ path: FieldPath, _ faults: inout Faults) {
        if checkName(name, path, &faults), !ResourceNames.isForPods(name) {
            faults.notSupported(path, .string(name), ["cpu", "memory", "hugepages-"])
        }
    }

    static func checkQuotaName(_ name: String, _ path: FieldPath, _ faults: inout Faults) {
        _ = checkName(name, path, &faults)
        if !name.contains("/"), !ResourceNames.isStandardForQuota(name) {
            faults.invalid(path, .string(name), "must be a standard resource for quota")
        }
    }

    /// Not negative, and whole where the resource comes in pieces.
    package static func checkAmount(
        _ amount: JSON, of name: String, _ path: @autoclosure () -> FieldPath, _ faults: inout Faults
    ) {
        guard let quantity = Quantity(amount) else { return }
        if quantity.sign < 0 {
            faults.invalid(path(), .string(quantity.description), "must be greater than or equal to 0")
        }
        if ResourceNames.isWhole(name), quantity.milliValue % 1000 != 0 {
            faults.invalid(path(), .string(quantity.description), "must be an integer")
        }
    }

    package static func checkPositive(_ amount: JSON, _ path: @autoclosure () -> FieldPath, _ faults: inout Faults) {
        guard let quantity = Quantity(amount), quantity.sign <= 0 else { return }
        faults.invalid(path(), .string(quantity.description), "must be greater than zero")
    }

    static func checkBasic(_ amount: JSON, _ path: @autoclosure () -> FieldPath, _ faults: inout Faults) {
        guard let quantity = Quantity(amount), quantity.value < 0 else { return }
        faults.invalid(path(), .init(quantity.value), "must be a valid resource quantity")
    }

    /// Amounts of one kind in a quota or its status.
    static func checkQuotaAmounts(_ amounts: JSONObject, _ path: FieldPath, _ faults: inout Faults) {
        for (name, amount) in amounts {
            checkQuotaName(name, path[key: name], &faults)
            checkAmount(amount, of: name, path[key: name], &faults)
        }
    }

    /// Limits alone, of a container.
    static func checkLimits(_ limits: JSONObject, _ path: FieldPath, _ faults: inout Faults) {
        for (name, amount) in limits {
            let path = path[key: name]
            checkContainerName(name, path, &faults)
            checkAmount(amount, of: name, path, &faults)
            if ResourceNames.isHugePage(name) { checkPages(name, amount, path, &faults) }
        }
    }

    /// The requests and limits of a container or of a whole pod.
    /// - Parameter claims: the names in the pod's `resourceClaims`.
    static func checkRequirements(
        _ requirements: JSON, isPod: Bool = false, claims: Set<String>, _ path: FieldPath, _ faults: inout Faults
    ) {
        guard let members = requirements.object, !members.isEmpty else { return }
        let checkName = isPod ? checkPodName : checkContainerName
        let (limits, requests) = (requirements.map("limits"), requirements.map("requests"))
        var (hasComputed, hasHugePages) = (false, false)
        func note(_ name: String, _ amount: JSON, _ path: FieldPath) {
            checkName(name, path, &faults)
            checkAmount(amount, of: name, path, &faults)
            if ResourceNames.isHugePage(name) {
                hasHugePages = true
                checkPages(name, amount, path, &faults)
            }
            if name == "cpu" || name == "memory" { hasComputed = true }
        }
        for (name, amount) in limits { note(name, amount, path["limits"][key: name]) }
        for (name, amount) in requests {
            note(name, amount, path["requests"][key: name])
            checkAgainstLimit(name, amount, limits, path, &faults)
        }
        if !hasComputed, hasHugePages { faults.forbidden(path, "HugePages require cpu or memory") }
        checkClaims(requirements.list("claims"), known: claims, path["claims"], &faults)
    }

    private static func checkAgainstLimit(
        _ name: String, _ amount: JSON, _ limits: JSONObject, _ path: FieldPath, _ faults: inout Faults
    ) {
        guard let limitText = limits[name] else {
            if !ResourceNames.allowsOvercommit(name) {
                faults.required(path["limits"], "Limit must be set for non overcommitable resources")
            }
            return
        }
        guard let request = Quantity(amount), let limit = Quantity(limitText) else { return }
        if request != limit, !ResourceNames.allowsOvercommit(name) {
            faults.invalid(
                path["requests"], .string(request.description), "must be equal to \(name) limit of \(limit)")
        } else if request > limit {
            faults.invalid(
                path["requests"], .string(request.description),
                "must be less than or equal to \(name) limit of \(limit)")
        }
    }

    /// Huge pages come whole.
    private static func checkPages(_ name: String, _ amount: JSON, _ path: FieldPath, _ faults: inout Faults) {
        guard let quantity = Quantity(amount) else { return }
        if let size = try? Quantity(parsing: String(name.dropFirst("hugepages-".count))), size.sign > 0,
            size.isInteger, quantity.value % size.value == 0
        {
            return
        }
        faults.invalid(
            path, .string(quantity.description), "\(quantity) is not positive integer multiple of \(name)")
    }

    private static func checkClaims(
        _ claims: [JSON], known: Set<String>, _ path: FieldPath, _ faults: inout Faults
    ) {
        var seen: Set<String> = []
        /// Claims of which a single request was named.
        var inPart: Set<String> = []
        for (index, claim) in claims.enumerated() {
            let (name, request) = (claim.text("name"), claim.text("request"))
            if name.isEmpty {
                faults.required(path[index])
                continue
            }
            if seen.contains(name) {
                faults.duplicate(path[index], .string(name))
            } else {
                if !request.isEmpty {
                    faults.check(request, path[index]["request"], Names.dnsLabel)
                    inPart.insert(name)
                } else if inPart.contains(name) {
                    faults.duplicate(path[index], .string(name))
                }
                let key = request.isEmpty ? name : "\(name)/\(request)"
                if !seen.insert(key).inserted { faults.duplicate(path[index], .string(key)) }
            }
            if !known.contains(name) {
                let list = known.isEmpty ? " which is empty" : ": \(known.sorted().joined(separator: ", "))"
                faults.add(
                    FieldError(
                        .notFound, path[index], value: GoText.quoted(name),
                        "must be one of the names in pod.spec.resourceClaims\(list)"))
            }
        }
    }
}
