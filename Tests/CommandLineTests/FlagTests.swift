import Testing

@testable import CommandLine

private struct Options: Sendable, Equatable {
    var detach = false, tty = false, interactive = false, proxy = true, name = "", publish: [String] = [], last = -1,
        memory: Int64 = 0
}

private let flags: [Flag<Options>] = [
    .toggle("detach", short: "d", \.detach, "In the background"), .toggle("tty", short: "t", \.tty, "Terminal"),
    .toggle("interactive", short: "i", \.interactive, "Input"), .toggle("sig-proxy", \.proxy, default: true, "Signals"),
    .text("name", \.name, "Name"), .list("publish", short: "p", \.publish, "Port"),
    .int("last", short: "n", \.last, default: -1, "Last"),
    .bytes("memory", short: "m", \.memory, "Memory"),
]

@Suite struct FlagTests {
    private func parse(_ arguments: String..., interspersed: Bool = true) throws -> (Options, [String], Int?) {
        var options = Options()
        let result = try FlagParser(flags, interspersed: interspersed).parse(arguments, into: &options)
        return (options, result.positional, result.dashAt)
    }

    @Test("short flags may be joined, and carry their value in any of four ways")
    func spellings() throws {
        let (options, rest, _) = try parse(
            "-dit", "-p8080:80", "-p", "1", "-p=2", "--publish", "3", "--publish=4", "image")
        #expect(options.detach && options.interactive && options.tty)
        #expect(options.publish == ["8080:80", "1", "2", "3", "4"])
        #expect(rest == ["image"])
    }

    @Test("a switch takes a value only with an equals sign")
    func switches() throws {
        #expect(try parse("--sig-proxy=false").0.proxy == false)
        #expect(try parse("--detach", "false").1 == ["false"])
    }

    @Test("flags follow positional arguments, but not in commands that hand arguments on")
    func interspersed() throws {
        #expect(try parse("x", "--name", "y").0.name == "y")
        let (options, rest, _) = try parse("image", "-d", "--name", "y", interspersed: false)
        #expect(!options.detach && rest == ["image", "-d", "--name", "y"])
    }

    @Test("a double dash ends the flags")
    func doubleDash() throws {
        let (options, rest, dash) = try parse("a", "--", "-d")
        #expect(!options.detach && rest == ["a", "-d"] && dash == 1)
    }

    static let complaintsCases: [([String], String)] = [
        (["--nope"], "unknown flag: --nope"), (["-J"], "unknown shorthand flag: 'J' in -J"),
        (["-dJx"], "unknown shorthand flag: 'J' in -Jx"),
        (["--name"], "flag needs an argument: --name"), (["-p"], "flag needs an argument: 'p' in -p"),
        (["--=x"], "bad flag syntax: --=x"),
        (
            ["-n", "abc"],
            #"invalid argument "abc" for "-n, --last" flag: strconv.ParseInt: parsing "abc": invalid syntax"#
        ),
        (["-m", "x"], #"invalid argument "x" for "-m, --memory" flag: invalid size: 'x'"#),
        (
            ["--tty=maybe"],
            #"invalid argument "maybe" for "-t, --tty" flag: strconv.ParseBool: parsing "maybe": invalid syntax"#
        ),
    ]

    @Test("wrong flags are named as pflag names them", arguments: complaintsCases)
    func complaints(_ arguments: [String], _ text: String) {
        var options = Options()
        #expect { _ = try FlagParser(flags, interspersed: true).parse(arguments, into: &options) } throws: {
            "\($0)" == text
        }
    }

    @Test("help lists flags in order, aligned, with kinds and defaults")
    func help() {
        let text = HelpPage.flags(flags.map(\.shape), columns: 80)
        #expect(
            text.split(separator: "\n").map(String.init) == [
                "  -d, --detach         In the background", "  -i, --interactive    Input",
                "  -n, --last int       Last (default -1)",
                "  -m, --memory bytes   Memory", "      --name string    Name", "  -p, --publish list   Port",
                "      --sig-proxy      Signals (default true)", "  -t, --tty            Terminal",
            ])
    }

    @Test("long help is broken between words, and a short rest stays on its line")
    func wrapping() {
        #expect(
            HelpPage.wrap("one two three four five six seven eight", indent: 4, columns: 34)
                == "one two three four five\n    six seven eight")
        #expect(HelpPage.wrap("one two three four five six", indent: 4, columns: 34) == "one two three four five six")
    }
}

@Suite struct CommandTests {
    private static let tree = Command<Int>(
        "top", "Everything",
        subcommands: [
            Command(
                "add", aliases: ["plus"], "Add numbers", usage: "[OPTIONS] N [N...]", count: .atLeast(1),
                options: Options(), flags: flags
            ) {
                options, parsed, base in
                Int32(base + parsed.arguments.compactMap { Int($0) }.reduce(0, +) + (options.detach ? 100 : 0))
            },
            Command("none", "Nothing", usage: "[OPTIONS]", count: .none, options: 0) { _, _, _ in 0 },
        ])

    @Test("arguments reach the command that they name, by name or alias")
    func dispatch() async throws {
        #expect(try await Self.tree.run(["add", "1", "-d", "2"], under: "", context: 1000) == 1103)
        #expect(try await Self.tree.run(["plus", "1"], under: "", context: 0) == 1)
    }

    static let misuseCases: [([String], String, Int32)] = [
        (
            ["add"],
            "top: 'top add' requires at least 1 argument\n\nUsage:  top add [OPTIONS] N [N...]\n\nSee 'top add --help' for more information",
            1
        ),
        (
            ["none", "x"],
            "top: 'top none' accepts no arguments\n\nUsage:  top none [OPTIONS]\n\nRun 'top none --help' for more information",
            1
        ),
        (["nope"], "top: unknown command: top nope\n\nUsage:  top\n\nRun 'top --help' for more information", 1),
        (
            ["add", "--nope"],
            "unknown flag: --nope\n\nUsage:  top add [OPTIONS] N [N...]\n\nRun 'top add --help' for more information",
            125
        ),
    ]

    @Test(
        "too few arguments, unknown words and unknown flags give the texts and codes of the docker client",
        arguments: misuseCases)
    func misuse(_ arguments: [String], _ text: String, _ code: Int32) async {
        await #expect { _ = try await Self.tree.run(arguments, under: "", context: 0) } throws: {
            ($0 as? Misuse) == Misuse(message: text, exitCode: code)
        }
    }

    @Test("help names usage, commands and flags")
    func help() async {
        await #expect { _ = try await Self.tree.run(["add", "--help"], under: "", context: 0) } throws: {
            ($0 as? HelpRequest)?.text.hasPrefix(
                "Usage:  top add [OPTIONS] N [N...]\n\nAdd numbers\n\nOptions:\n  -d, --detach") == true
        }
        await #expect { _ = try await Self.tree.run([], under: "", context: 0) } throws: {
            ($0 as? HelpRequest)?.text.contains("Commands:\n  add         Add numbers\n") == true
        }
    }
}
