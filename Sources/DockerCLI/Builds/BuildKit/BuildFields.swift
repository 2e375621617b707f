import CommandLine

/// `key=value` fields with commas between them, as `--output`, `--cache-to`, `--secret` and `--ssh` take them.
struct BuildFields: Sendable, Equatable {
    /// Keys in lower case.
    var values: [String: String] = [:]

    init(_ text: String, keys: Set<String>? = nil) throws(Failure) {
        for field in CommaFields.split(text) {
            guard let (key, value) = field.cut("=") else {
                throw Failure("invalid field '\(field)' must be a key=value pair")
            }
            let name = key.trimmed.lowercased()
            if let keys, !keys.contains(name) { throw Failure("unexpected key '\(name)' in '\(field)'") }
            values[name] = value
        }
    }

    mutating func take(_ key: String) -> String? { values.removeValue(forKey: key) }
}
