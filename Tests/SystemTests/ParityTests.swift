import Foundation
import TestKit
import Testing

/// Our command line beside the original's, both asking the same daemon.
@Suite("The original client's command line", .serialized, .enabled(if: Client.original != nil, "needs docker's client"))
struct ParityTests {
    /// Commands whose subject isn't in this version.
    private static let absent: Set<String> = [
        "build", "builder", "buildx", "checkpoint", "compose", "config", "manifest", "node", "plugin", "secret",
        "service", "stack", "swarm", "trust",
    ]

    /// Makes `docker` in a line mean the original.
    private static var original: String { "docker() { '\(Client.original ?? "")' \"$@\"; }; " }

    /// What a help page says apart from its prose: usage, subcommands, other spellings, flags with type and default.
    private struct Page: Equatable {
        var facts: Set<String> = []
        var subcommands: [String] = []

        init(_ text: String) {
            var section = "", flag = ""
            var defaults: [String: String] = [:]
            for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
                if line.hasPrefix("Usage:") {
                    facts.insert(line)
                } else if line.hasSuffix(":"), line.first?.isUppercase == true {
                    section = line
                } else if section.hasSuffix("Commands:"), let match = line.firstMatch(of: /^  (\S+)\s/) {
                    subcommands.append(String(match.1))
                } else if section == "Aliases:", !line.isEmpty {
                    facts.insert(line)
                } else if section.hasSuffix("Options:"),
                    let match = line.firstMatch(of: /^  (-\S, |    )(--\S+)( \S+)?  +(.*)/)
                {
                    flag = "\(match.1)\(match.2)\(match.3 ?? "")"
                    facts.insert(flag)
                    defaults[flag] = String(match.4)
                } else if section.hasSuffix("Options:"), line.hasPrefix("       ") {
                    defaults[flag, default: ""] += " " + line.drop { $0 == " " }
                }
            }
            // pflag's own `(default 3)` and `(default "x")`; prose in parentheses is each client's own.
            for (flag, text) in defaults {
                let quoted = text.matches(of: /\(default (\[\]|map\[\]|true|-?\d+|0s|".*?")\)/)
                for match in quoted { facts.insert("\(flag) = \(match.1)") }
            }
        }
    }

    private func page(_ box: Sandbox, _ path: [String], original: Bool) async throws -> Page {
        let line = (["docker"] + path + ["--help"]).joined(separator: " ")
        let answer = try await box.shell((original ? Self.original : "") + line)
        #expect(answer.status == 0 && answer.err == "", "\(answer)")
        return Page(answer.out)
    }

    @Test("every command has the original's usage, spellings, flags, types and defaults")
    func flags() async throws {
        try await Sandbox.with { box in
            var open: [[String]] = [[]], count = 0
            while let path = open.popLast() {
                let theirs = try await page(box, path, original: true)
                let ours = try await page(box, path, original: false)
                if !path.isEmpty {  // the programs differ in who makes them, and in the commands left out
                    let words = path.joined(separator: " ")
                    let lacks = theirs.facts.subtracting(ours.facts).filter { !Self.isProse($0) }
                    let more = ours.facts.subtracting(theirs.facts).filter { !Self.isProse($0) }
                    #expect(lacks.isEmpty, "docker \(words) lacks \(lacks.sorted())")
                    #expect(more.isEmpty, "docker \(words) has \(more.sorted()), which the original hasn't")
                }
                for name in theirs.subcommands where !Self.absent.contains(name) {
                    #expect(ours.subcommands.contains(name), "docker \((path + [name]).joined(separator: " "))")
                    open.append(path + [name])
                }
                count += 1
            }
            #expect(count > 80, "the walk met \(count) pages")
        }
    }

    /// `--ipv4` says its default in the original's prose.
    private static func isProse(_ fact: String) -> Bool { fact.hasPrefix("    --ipv4") && fact.contains(" = ") }

    /// Runs the lines one after the other; for each its number, status, output and errors.
    private func run(_ box: Sandbox, original: Bool) async throws -> [String] {
        let script = """
            \(original ? Self.original : "")
            while IFS= read -r line; do
                (eval "$line") </dev/null >out 2>err
                echo "status $?"; cat out; echo "errors"; cat err; printf '\\0'
            done
            """
        let folder = box.root + (original ? "/theirs" : "/ours")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let answer = try await box.shell("cd '\(folder)'\n\(script)", input: refusedLines + "\n", seconds: 600)
        return answer.out.split(separator: "\0").map { part in
            String(part).replacing(/\b[0-9a-f]{64}\b/, with: "<id>").replacing(folder, with: "<here>")
                .replacing("SRun '", with: "Run '")  // a slip of the original's
        }
    }

    @Test("what is refused is refused with the original's words and status")
    func refusals() async throws {
        try await Sandbox.with { box in
            try await box.ok("pull", "-q", "busybox")
            let theirs = try await run(box, original: true)
            let ours = try await run(box, original: false)
            let lines = refusedLines.split(separator: "\n").map(String.init)
            try #require(theirs.count == lines.count && ours.count == lines.count)
            for (line, (wanted, got)) in zip(lines, zip(theirs, ours)) {
                #expect(got == wanted, "\(line)")
            }
        }
    }
}
