import JSON

/// Checks of paths of files and folders.
enum FilePaths {
    /// Not absolute, and nowhere up.
    static func checkDescending(_ text: String, _ path: @autoclosure () -> FieldPath, _ faults: inout Faults) {
        if text.hasPrefix("/") { faults.invalid(path(), .string(text), "must be a relative path") }
        checkNoBacksteps(text, path(), &faults)
    }

    static func checkNoBacksteps(_ text: String, _ path: @autoclosure () -> FieldPath, _ faults: inout Faults) {
        if hasBacksteps(text) { faults.invalid(path(), .string(text), "must not contain '..'") }
    }

    static func hasBacksteps(_ text: String) -> Bool {
        text.contains("..") && text.split(separator: "/", omittingEmptySubsequences: false).contains("..")
    }

    /// Descending, and not of the names that a volume's own upkeep uses.
    static func checkOrdinary(_ text: String, _ path: @autoclosure () -> FieldPath, _ faults: inout Faults) {
        checkDescending(text, path(), &faults)
        if text.hasPrefix(".."), !text.hasPrefix("../") {
            faults.invalid(path(), .string(text), "must not start with '..'")
        }
    }

    /// A file mode when it is there.
    static func checkMode(_ object: JSON, _ name: String, _ path: FieldPath, _ faults: inout Faults) {
        faults.checkRange(
            object, name, path, 0...0o777, "must be a number between 0 and 0777 (octal), both inclusive")
    }
}
