import Fault
import JSON
import Testing

@testable import CommandLine

@Suite struct ProgressDisplayTests {
    private let pull: [JSON] = [
        ["status": "Pulling from library/nginx", "id": "latest"],
        ["status": "Pulling fs layer", "progressDetail": [:], "id": "aaa"],
        ["status": "Pulling fs layer", "progressDetail": [:], "id": "bbb"],
        [
            "status": "Downloading", "progressDetail": ["current": 512, "total": 1024], "progress": "ignored",
            "id": "aaa",
        ],
        ["status": "Pull complete", "progressDetail": [:], "id": "bbb"],
        ["status": "Digest: sha256:1"],
        ["status": "Status: Downloaded newer image for nginx:latest"],
    ]

    private func shown(_ messages: [JSON], terminal: Bool, width: Int = 200) throws -> String {
        var display = ProgressDisplay(isTerminal: terminal, width: width)
        return try messages.map { try display.show($0) }.joined()
    }

    @Test("off a terminal every change of state is a line and bars are left out")
    func lines() throws {
        #expect(
            try shown(pull, terminal: false) == """
                latest: Pulling from library/nginx
                aaa: Pulling fs layer
                bbb: Pulling fs layer
                bbb: Pull complete
                Digest: sha256:1
                Status: Downloaded newer image for nginx:latest

                """)
    }

    @Test("on a terminal each item keeps a line that is rewritten in place")
    func terminal() throws {
        let bar = "[=========================>                         ]     512B/1.024kB"
        let clear = "\u{1b}[2K\r"
        #expect(
            try shown(pull, terminal: true) == "latest: Pulling from library/nginx\n"
                + "\n\u{1b}[1A\(clear)aaa: Pulling fs layer \r\u{1b}[1B"
                + "\n\u{1b}[1A\(clear)bbb: Pulling fs layer \r\u{1b}[1B"
                + "\u{1b}[2A\(clear)aaa: Downloading \(bar)\r\u{1b}[2B"
                + "\u{1b}[1A\(clear)bbb: Pull complete \r\u{1b}[1B"
                + "Digest: sha256:1\nStatus: Downloaded newer image for nginx:latest\n")
    }

    @Test("a narrow terminal has counts but no bar")
    func narrow() throws {
        #expect(try shown([pull[3]], terminal: true, width: 80).contains("aaa: Downloading     512B/1.024kB\r"))
    }

    @Test("the stream's error is thrown, values for programs are not shown, a stream's text is")
    func others() throws {
        var display = ProgressDisplay(isTerminal: true)
        #expect(try display.show(["aux": ["ID": "x"]]) == "")
        #expect(try display.show(["stream": "Loaded image: a:b\n"]) == "Loaded image: a:b\n")
        let error = #expect(throws: Fault.self) {
            try display.show(["errorDetail": ["message": "no space"], "error": "no space"])
        }
        #expect(error?.message == "no space")
    }

    @Test(
        "counts have four digits and the bar fifty places",
        arguments: [
            (0, 100, "[>                                                  ]       0B/100B"),
            (50, 100, "[=========================>                         ]      50B/100B"),
            (1_234_567, 1_234_567, "[==================================================>]  1.235MB/1.235MB"),
            (2_000, 1_000, "[==================================================>]      2kB"),
            (1_500, 0, "   1.5kB"),
        ])
    func bars(current: Int64, total: Int64, text: String) {
        #expect(progressText(current: current, total: total) == text)
    }
}
