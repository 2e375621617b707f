import JSON

/// How a volume may be mounted.
enum AccessModes {
    private static let short = [
        ("ReadWriteOnce", "RWO"), ("ReadOnlyMany", "ROX"), ("ReadWriteMany", "RWX"), ("ReadWriteOncePod", "RWOP"),
    ]

    static func check(_ modes: [JSON], _ path: FieldPath, _ faults: inout Faults) {
        let known = short.map(\.0)
        for mode in modes where !known.contains(mode.string ?? "") { faults.notSupported(path, mode, known) }
        if modes.contains("ReadWriteOncePod"),
            modes.contains(where: { $0 == "ReadWriteOnce" || $0 == "ReadOnlyMany" || $0 == "ReadWriteMany" })
        {
            faults.forbidden(path, "may not use ReadWriteOncePod with other access modes")
        }
    }

    /// `RWO,ROX`.
    static func text(_ modes: [JSON]) -> String {
        short.filter { modes.contains(.string($0.0)) }.map(\.1).joined(separator: ",")
    }
}
