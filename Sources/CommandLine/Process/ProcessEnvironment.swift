import Glibc

package enum ProcessEnvironment {
    /// The variables of this process.
    package static var current: [String: String] {
        var all: [String: String] = [:]
        var at = environ
        while let entry = at.pointee {
            let text = String(cString: entry)
            if let equals = text.firstIndex(of: "=") {
                all[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            at += 1
        }
        return all
    }
}
