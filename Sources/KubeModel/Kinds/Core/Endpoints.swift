import JSON

/// `v1` Endpoints.
enum EndpointsKind {
    static let rules: KindRules = {
        var rules = KindRules(group: "", kind: "Endpoints")
        rules.defaults = { endpoints in
            endpoints.editEach("subsets") { subset in
                subset.editEach("ports") { $0.fillZero("protocol", "TCP") }
            }
        }
        rules.allowsCreateOnUpdate = true
        rules.deprecation = "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"
        rules.validate = { faults($0, old: nil).all }
        rules.validateUpdate = { new, old in faults(new, old: old).all }
        rules.warnings = { new, _ in warnings(new) }
        rules.table = KindTable([.objectName, .init("Endpoints"), .objectAge]) { object, now in
            [KindTable.Cell.name(object), .string(summary(object)), KindTable.Cell.age(object, now)]
        }
        return rules
    }()

    private static func faults(_ endpoints: JSON, old: JSON?) -> Faults {
        var faults = Faults()
        let subsets = endpoints.list("subsets")
        // Nothing of what was accepted once is judged again unless it changed.
        if let old, old["subsets"].isAlike(.array(subsets)) { return faults }
        for (index, subset) in subsets.enumerated() {
            let path = FieldPath("subsets")[index]
            let (ready, waiting) = (subset.list("addresses"), subset.list("notReadyAddresses"))
            if ready.isEmpty, waiting.isEmpty {
                faults.required(path, "must specify `addresses` or `notReadyAddresses`")
            }
            for (list, name) in [(ready, "addresses"), (waiting, "notReadyAddresses")] {
                for (index, address) in list.enumerated() { checkAddress(address, path[name][index], &faults) }
            }
            let ports = subset.list("ports")
            for (index, port) in ports.enumerated() {
                checkPort(port, needsName: ports.count > 1, path["ports"][index], &faults)
            }
        }
        return faults
    }

    private static func checkAddress(_ address: JSON, _ path: FieldPath, _ faults: inout Faults) {
        let ip = address.text("ip")
        faults.add(Names.legacyIP(path["ip"], ip))
        let hostname = address.text("hostname")
        if !hostname.isEmpty { faults.check(hostname, path["hostname"], Names.dnsLabel) }
        if address.has("nodeName") {
            faults.check(address.text("nodeName"), path["nodeName"], Names.dnsSubdomain)
        }
        checkOrdinary(ip, path["ip"], &faults)
    }

    /// An address that traffic from other hosts can go to.
    static func checkOrdinary(_ text: String, _ path: FieldPath, _ faults: inout Faults) {
        guard let address = IPAddress(text) else {
            return faults.invalid(path, .string(text), "must be a valid IP address")
        }
        let bytes = address.bytes
        let (last, isFour) = (bytes.suffix(4), address.isIPv4)
        let four = Array(last)
        if isFour ? four.allSatisfy({ $0 == 0 }) : bytes.allSatisfy({ $0 == 0 }) {
            faults.invalid(path, .string(text), "may not be unspecified (\(text))")
        }
        if isFour ? four[0] == 127 : bytes.dropLast().allSatisfy({ $0 == 0 }) && bytes[15] == 1 {
            faults.invalid(path, .string(text), "may not be in the loopback range (127.0.0.0/8, ::1/128)")
        }
        if isFour ? four[0] == 169 && four[1] == 254 : bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80 {
            faults.invalid(path, .string(text), "may not be in the link-local range (169.254.0.0/16, fe80::/10)")
        }
        if isFour ? four[0] == 224 && four[1] == 0 && four[2] == 0 : bytes[0] == 0xFF && bytes[1] & 0x0F == 0x02 {
            faults.invalid(
                path, .string(text), "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)")
        }
    }

    private static func checkPort(_ port: JSON, needsName: Bool, _ path: FieldPath, _ faults: inout Faults) {
        let name = port.text("name")
        if !name.isEmpty {
            faults.check(name, path["name"], Names.dnsLabel)
        } else if needsName {
            faults.required(path["name"])
        }
        let number = port["port"].int ?? 0
        for detail in Names.portNumber(number) { faults.invalid(path["port"], .init(number), detail) }
        faults.checkChoice(port, "protocol", path, PortRules.protocols)
        if port.has("appProtocol") {
            faults.check(port.text("appProtocol"), path["appProtocol"], Names.qualifiedName)
        }
    }

    private static func warnings(_ endpoints: JSON) -> [String] {
        var warnings: [String] = []
        for (index, subset) in endpoints.list("subsets").enumerated() {
            for name in ["addresses", "notReadyAddresses"] {
                for (place, address) in subset.list(name).enumerated() {
                    let path = FieldPath("subsets")[index][name][place]["ip"]
                    warnings += Names.ipWarnings(path, address.text("ip"))
                }
            }
        }
        return warnings
    }

    /// How many addresses a table's cell shows.
    private static let shownAddresses = 3

    /// `10.0.0.1:80,10.0.0.2:80`.
    private static func summary(_ endpoints: JSON) -> String {
        var (shown, count): ([String], Int) = ([], 0)
        for subset in endpoints.list("subsets") {
            let addresses = subset.list("addresses").map { $0.text("ip") }
            let ports = subset.list("ports").map { $0["port"].int ?? 0 }
            for port in ports.isEmpty ? [nil] : ports.map(Int?.some) {
                count += addresses.count
                for address in addresses.prefix(shownAddresses - shown.count) {
                    let host = address.contains(":") && port != nil ? "[\(address)]" : address
                    shown.append(port.map { "\(host):\($0)" } ?? host)
                }
            }
        }
        if shown.isEmpty { return "<none>" }
        let text = shown.joined(separator: ",")
        return count > shownAddresses ? "\(text) + \(count - shownAddresses) more..." : text
    }
}
