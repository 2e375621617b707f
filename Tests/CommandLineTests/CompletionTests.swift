import Testing

@testable import CommandLine

@Suite("Completion") struct CompletionTests {
    private struct Options: Sendable { var name = "", quiet = false }

    private static let commands: [Command<Int>] = [
        Command(
            "run", aliases: ["r"], "Run it", count: .atLeast(0), options: Options(),
            flags: [
                .text("name", short: "n", \.name, "Its name\nAnd more"), .toggle("quiet", \.quiet, "Say nothing"),
                .toggle("secret", \.quiet, hidden: true, "Not shown"),
            ]
        ) { _, _, _ in 0 },
        Command("image", "Images", subcommands: [Command("ls", "List", count: .none, options: 0) { _, _, _ in 0 }]),
    ]

    private func step(_ line: String...) -> String {
        switch CompletionStep(line.dropLast(), line.last ?? "", in: Self.commands) {
        case .unknown: "unknown"
        case .value(let flag): "value of \(flag.name)"
        case .words(let words): words.joined(separator: "|")
        case .argument(_, let path): "argument of \(path.joined(separator: " "))"
        }
    }

    @Test("the walk along a command line")
    func walk() {
        #expect(step("nope", "") == "unknown")
        #expect(step("run", "") == "argument of run")
        #expect(step("r", "x") == "argument of run")
        #expect(step("run", "--name", "") == "value of name")
        #expect(step("run", "-n", "") == "value of name")
        #expect(step("run", "--name=x", "") == "argument of run")
        #expect(step("run", "--quiet", "") == "argument of run")
        #expect(step("run", "--") == "--name\tIts name|--quiet\tSay nothing|--help\tShow this help")
        #expect(step("image", "") == "ls\tList")
        #expect(step("image", "ls", "") == "argument of image ls")
    }

    @Test("each shell has a script that calls the program")
    func scripts() {
        for shell in ["bash", "zsh", "fish"] {
            #expect(CompletionScript("docker").text(for: shell)?.contains("__complete") == true)
            #expect(CompletionScript("kubectl", endsFlags: true).text(for: shell)?.contains("__complete -- ") == true)
        }
        #expect(CompletionScript("docker").text(for: "csh") == nil)
    }

    @Test("distance between words")
    func distance() {
        #expect(EditDistance.between("get", "gte") == 2 && EditDistance.between("", "abc") == 3)
    }
}
