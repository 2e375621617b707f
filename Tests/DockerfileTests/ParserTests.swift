import Fault
import Testing

@testable import Dockerfile

struct ParserTests {
    private func kinds(_ text: String) throws -> [Instruction.Kind] {
        try Dockerfile(text).stages.flatMap { [$0.from] + $0.instructions }.map(\.kind)
    }

    @Test func stagesAndTheirNames() throws {
        let file = try Dockerfile(
            """
            ARG VERSION=1
            FROM --platform=linux/amd64 golang:$VERSION AS Build
            RUN true
            FROM scratch
            COPY --from=build /a /a
            """)
        #expect(file.arguments == [BuildArgument(name: "VERSION", value: "1")])
        #expect(file.stages.map(\.base.alias) == ["build", nil])
        #expect(file.stages[0].base.platform == "linux/amd64")
        #expect(file.stage("build", before: 1) == 0)
        #expect(file.stage("0", before: 1) == 0)
        #expect(file.stage("1", before: 1) == nil)
        #expect(try file.target("BUILD") == 0)
        #expect(try file.target(nil) == 1)
    }

    @Test func continuedLinesCommentsAndDirectives() throws {
        let file = try Dockerfile(
            """
            # syntax=docker/dockerfile:1
            # escape=`

            FROM busybox
            # 日本語のコメント
            RUN echo a && `
              # inside

              echo b
            copy c:\\x c:\\y
            """)
        #expect(file.escape == "`")
        let stage = try #require(file.stages.first)
        #expect(stage.instructions[0].kind == .run(Run(command: .shell("echo a &&   echo b"), documents: [])))
        #expect(stage.instructions[0].lines == 6...9)
        #expect(stage.instructions[1].text == "COPY c:\\x c:\\y")
    }

    @Test func hereDocuments() throws {
        let file = try Dockerfile(
            "FROM busybox\nRUN <<EOF\necho $A\nEOF\nCOPY <<-\"ONE\" <<TWO /to/\n\tliteral $A\n\tONE\nsecond\nTWO\nUSER me\n"
        )
        let list = try #require(file.stages.first).instructions
        #expect(
            list[0].kind
                == .run(
                    Run(
                        command: .shell("<<EOF"),
                        documents: [HereDocument(name: "EOF", stripsTabs: false, expands: true, content: "echo $A\n")]))
        )
        guard case .transfer(let copy) = list[1].kind else {
            Issue.record("no COPY")
            return
        }
        #expect(copy.sources.isEmpty)
        #expect(copy.documents.map(\.content) == ["literal $A\n", "second\n"])
        #expect(copy.documents.map(\.expands) == [false, true])
        #expect(list[2].kind == .user("me"))
    }

    @Test func forms() throws {
        let list = try kinds(
            """
            FROM a
            CMD ["a", "b c"]
            CMD a "b c"
            ENTRYPOINT [broken
            ENV A=1 B="two words" C=x\\ y
            ENV OLD all the rest
            EXPOSE 80 443/tcp
            VOLUME ["/a b"]
            HEALTHCHECK --interval=5s --retries=3 CMD ["x"]
            HEALTHCHECK NONE
            SHELL ["/bin/bash", "-c"]
            ONBUILD RUN x
            """)
        #expect(list[1] == .command(.list(["a", "b c"])))
        #expect(list[2] == .command(.shell("a \"b c\"")))
        #expect(list[3] == .entrypoint(.shell("[broken")))
        #expect(
            list[4]
                == .environment([
                    KeyValue(key: "A", value: "1"), KeyValue(key: "B", value: "\"two words\""),
                    KeyValue(key: "C", value: "x\\ y"),
                ]))
        #expect(list[5] == .environment([KeyValue(key: "OLD", value: "all the rest")]))
        #expect(list[7] == .volume(["/a b"]))
        #expect(
            list[8] == .health(HealthOptions(interval: 5_000_000_000, retries: 3, command: .list(["x"]))))
        #expect(list[9] == .health(HealthOptions()))
        #expect(list[11] == .trigger("RUN x"))
    }

    @Test func flags() throws {
        let list = try kinds(
            """
            FROM a
            COPY --chown=1:2 --chmod=0755 --link --exclude=*.o --exclude=*.a a b /to/
            RUN --mount=type=cache,target=/c,id=x,sharing=locked --network=none make
            ADD --checksum=sha256:00 http://h/x /x
            """)
        guard case .transfer(let copy) = list[1], case .run(let run) = list[2], case .transfer(let add) = list[3] else {
            Issue.record("other instructions")
            return
        }
        #expect(copy.owner == "1:2" && copy.mode == "0755" && copy.link && copy.excludes == ["*.o", "*.a"])
        #expect(copy.sources == ["a", "b"] && copy.destination == "/to/")
        #expect(run.mounts.first?.kind == .cache && run.mounts.first?.sharing == .locked && run.network == "none")
        #expect(add.isAdd && add.checksum == "sha256:00")
    }

    /// Docker's words, with the line.
    @Test(arguments: [
        ("FRM a", "dockerfile parse error on line 1: unknown instruction: FRM (did you mean FROM?)"),
        ("FROM a\nRUN", "dockerfile parse error on line 2: RUN requires at least one argument"),
        ("RUN a", "dockerfile parse error on line 1: no build stage in current context"),
        ("FROM", "dockerfile parse error on line 1: FROM requires either one or three arguments"),
        ("FROM a b", "dockerfile parse error on line 1: FROM requires either one or three arguments"),
        (
            "FROM a AS 1x",
            "dockerfile parse error on line 1: invalid name for build stage: \"1x\", name can't start with a number or contain symbols"
        ),
        (
            "FROM a\nCOPY x",
            "dockerfile parse error on line 2: COPY requires at least two arguments, but only one was provided. Destination could not be determined."
        ),
        ("FROM a\n\nENV", "dockerfile parse error on line 3: ENV requires at least one argument"),
        ("FROM a\nENV A", "dockerfile parse error on line 2: ENV must have two arguments"),
        (
            "FROM a\nENV A=1 B",
            "dockerfile parse error on line 2: Syntax error - can't find = in \"B\". Must be of the form: name=value"
        ),
        ("FROM a\nENV =1", "dockerfile parse error on line 2: ENV names can not be blank"),
        ("FROM a\nCOPY --frm=b x y", "dockerfile parse error on line 2: unknown flag: --frm (did you mean from?)"),
        ("FROM a\nCOPY --chown x y", "dockerfile parse error on line 2: missing a value on flag: --chown"),
        ("FROM a\nCOPY --from=a --from=b x y", "dockerfile parse error on line 2: duplicate flag specified: --from"),
        ("FROM a\nSHELL sh", "dockerfile parse error on line 2: SHELL requires the arguments to be in JSON form"),
        ("FROM a\nHEALTHCHECK FOO", "dockerfile parse error on line 2: Unknown type \"FOO\" in HEALTHCHECK (try CMD)"),
        ("FROM a\nHEALTHCHECK CMD", "dockerfile parse error on line 2: Missing command after HEALTHCHECK CMD"),
        (
            "FROM a\nONBUILD ONBUILD RUN x",
            "dockerfile parse error on line 2: Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"
        ),
        ("FROM a\nONBUILD FROM x", "dockerfile parse error on line 2: FROM isn't allowed as an ONBUILD trigger"),
        ("FROM a\nWORKDIR", "dockerfile parse error on line 2: WORKDIR requires exactly one argument"),
        ("FROM a\nRUN <<EOF\nx", "dockerfile parse error on line 2: unterminated heredoc"),
        (
            "FROM a\nRUN --mount=type=bnd,target=/x y",
            "dockerfile parse error on line 2: unsupported mount type \"bnd\" (did you mean bind?)"
        ),
        ("FROM a\nRUN --mount=type=cache y", "dockerfile parse error on line 2: target is required for cache mounts"),
        ("", "the Dockerfile (Dockerfile) cannot be empty"),
        ("# only this", "the Dockerfile (Dockerfile) cannot be empty"),
        ("ARG A", "no build stage in current context"),
    ])
    func refuses(_ text: String, _ message: String) {
        do {
            _ = try Dockerfile(text)
            Issue.record("accepted")
        } catch { #expect(error.message == message) }
    }

    /// Whatever comes: an answer, and no crash.
    @Test func anythingIsAnswered() {
        var random = SeededGenerator(seed: 5)
        let pieces = [
            "FROM", " ", "\n", "a", "\\", "\"", "'", "[", "]", "$", "{", "}", ":", "-", "<<", "EOF", "#", "=", "--",
            "RUN",
            "COPY", "\t", "\r\n", "/", "HEALTHCHECK", "ENV", ",", "--mount=", "é",
        ]
        for _ in 0..<3_000 {
            let text = (0..<Int.random(in: 1...30, using: &random)).map { _ in
                pieces[Int.random(in: 0..<pieces.count, using: &random)]
            }.joined()
            _ = try? Dockerfile("FROM a\n" + text)
            _ = try? ShellWords(escape: "\\") { _ in "v" }.split(text)
        }
    }
}

private struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 29)
    }
}
