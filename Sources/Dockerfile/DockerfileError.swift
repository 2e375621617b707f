import Fault

extension Fault {
    /// A refusal that names the line, as the original words it.
    static func dockerfile(line: Int, _ message: String) -> Fault {
        Fault(.invalid, "dockerfile parse error on line \(line): \(message)")
    }
}
