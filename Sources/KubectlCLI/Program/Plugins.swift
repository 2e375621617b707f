import CLinux
import CommandLine
import Glibc

/// Programs named `kubectl-…` on the search path: commands that others add.
struct Plugins: Sendable {
    static let prefix = "kubectl-"

    /// `PATH`.
    private let folders: [String]

    init(_ environment: [String: String]) { folders = (environment["PATH"] ?? "").parts(":") }

    struct Listing {
        var paths: [String] = []
        /// Folders that can't be read, a sentence each.
        var unread: [String] = []
    }

    func listing() -> Listing {
        var listing = Listing(), seen = Set<String>()
        for folder in folders where !folder.trimmed.isEmpty && seen.insert(folder).inserted {
            guard let names = try? FolderListing.names(folder) else {
                listing.unread.append(
                    "Unable to read directory \(folder.quoted) from your PATH: open \(folder): \(WholeFile.message(errno)). Skipping..."
                )
                continue
            }
            for name in names.sorted() where name.hasPrefix(Self.prefix) {
                let path = "\(folder)/\(name)"
                var status = stat()
                if lstat(path, &status) == 0, status.st_mode & S_IFMT != S_IFDIR { listing.paths.append(path) }
            }
        }
        return listing
    }

    /// The plugin with the longest name that the words in front spell, and how many words that takes; nil: none.
    func find(_ words: [String]) -> (path: String, count: Int)? {
        let leading = words.prefix { !$0.hasPrefix("-") }.map { $0.replacing("-", with: "_") }
        for count in stride(from: leading.count, to: 0, by: -1) {
            let name = Self.prefix + leading.prefix(count).joined(separator: "-")
            guard !name.contains("/") else { continue }
            for folder in folders where !folder.isEmpty && Self.isExecutable("\(folder)/\(name)") {
                return ("\(folder)/\(name)", count)
            }
        }
        return nil
    }

    static func isExecutable(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && status.st_mode & 0o111 != 0
    }

    /// Puts the plugin in this process's place. Returns only when that fails, with the reason.
    static func become(_ path: String, _ arguments: [String], _ environment: [String: String]) -> Refusal {
        let words = ([path] + arguments).map { strdup($0) } + [nil]
        let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { (words + variables).forEach { free($0) } }
        execve(path, words, variables)
        return Refusal("fork/exec \(path): \(WholeFile.message(errno))")
    }
}

extension VerbTree {
    static func plugin() -> Verb {
        Verb(
            "plugin", group: .other, "Provides utilities for interacting with plugins",
            usage: "plugin [flags] [options]", subverbs: [pluginList()])
    }

    struct PluginOptions: Sendable { var namesOnly = false }

    private static func pluginList() -> Verb {
        Verb(
            "list", "List all visible plugin executables on a user's PATH", usage: "plugin list [flags] [options]",
            options: PluginOptions(),
            flags: [.toggle("name-only", \.namesOnly, "Print the plugins' names without their folders")]
        ) { options, _, session in
            let listing = Plugins(session.environment).listing()
            for text in listing.unread { session.err.line(text) }
            var faults: [String] = [], warnings = 0, seen: [String: String] = [:]
            if listing.paths.isEmpty {
                faults.append("error: unable to find any kubectl plugins in your PATH")
            } else {
                session.out.write("The following compatible plugins are available:\n\n")
            }
            for path in listing.paths {
                let name = path.parts("/").last ?? path
                session.out.line(options.namesOnly ? name : path)
                for text in faultsOf(path, name, &seen) {
                    session.err.line("  - \(text)")
                    warnings += 1
                }
            }
            switch warnings {
            case 0: break
            case 1: faults.append("error: one plugin warning was found")
            default: faults.append("error: \(warnings) plugin warnings were found")
            }
            if !faults.isEmpty { throw Refusal(faults.joined(separator: "\n")) }
        }
    }

    private static func faultsOf(_ path: String, _ name: String, _ seen: inout [String: String]) -> [String] {
        var faults: [String] = []
        if !Plugins.isExecutable(path) {
            faults.append("warning: \(path) identified as a kubectl plugin, but it is not executable")
        }
        if let other = seen[name] {
            faults.append("warning: \(path) is overshadowed by a similarly named plugin: \(other)")
        } else {
            seen[name] = path
        }
        let words = name.parts("-").dropFirst()
        if let first = words.first, let verb = VerbTree.verb(first) {
            var verb = verb, path = "kubectl \(verb.name)"
            var isWhole = true
            for word in words.dropFirst() {
                guard let next = verb.subverb(word) else {
                    isWhole = verb.subverbs.isEmpty
                    break
                }
                verb = next
                path += " \(verb.name)"
            }
            if isWhole { faults.append("warning: \(name) overwrites existing command: \(path.quoted)") }
        }
        return faults
    }
}
