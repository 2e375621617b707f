import JSON

/// What ports of containers, services, probes and endpoints share.
package enum PortRules {
    static let protocols = ["TCP", "UDP", "SCTP"]

    /// A port by number or by name (`IntOrString`).
    package static func checkNumberOrName(_ port: JSON, _ path: @autoclosure () -> FieldPath, _ faults: inout Faults) {
        if case .string(let name) = port { return faults.check(name, path(), Names.portName) }
        let number = port.int ?? 0
        for detail in Names.portNumber(number) { faults.invalid(path(), .init(number), detail) }
    }
}
