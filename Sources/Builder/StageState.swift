import Dockerfile
import Engine
import JSON
import OCI

/// What a stage has become so far: an image in the making.
struct StageState: Sendable {
    var platform: Platform
    var settings = ImageSettings([:])
    /// Diff IDs, lowest first.
    var layers: [Digest] = []
    var history: [ImageConfig.History] = []
    /// ARGs that have a value.
    var arguments: [String: String] = [:]
    /// This build set CMD, so that an ENTRYPOINT keeps it.
    var setsCommand = false
    var author = ""
    /// When its last layer was made, in nanoseconds since the epoch: a build that is cached gives the same image again.
    var created: Int64?
    /// The image at the bottom; nil: `scratch`.
    var base: Digest?

    /// What it was made by rather than what it is: known without running anything, from where it began and what each
    /// step is told.
    var definition = "scratch"

    init(platform: Platform) { self.platform = platform }

    /// The state that another stage begins with.
    var asBase: StageState {
        var state = self
        state.arguments = [:]
        state.setsCommand = false
        return state
    }

    /// What the layers amount to, wherever they came from: where the cache's keys begin.
    var chain: String { ChainID.all(layers).last.map { "\($0)" } ?? "scratch" }

    /// ENV goes before ARG.
    func value(_ name: String) -> String? {
        settings.environment.last { $0.name == name }?.value ?? arguments[name]
    }

    /// The text with the variables that are known; others stay as they are written.
    func shown(_ text: String) -> String {
        var shown = ""
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            shown += rest[..<dollar]
            rest = rest[dollar...]
            var after = rest.dropFirst()
            let isBraced = after.first == "{"
            if isBraced { after = after.dropFirst() }
            let name = after.prefix { $0 == "_" || $0.isASCII && ($0.isLetter || $0.isNumber) }
            var end = name.endIndex
            if isBraced {
                guard end < rest.endIndex, rest[end] == "}" else {
                    shown.append("$")
                    rest = rest.dropFirst()
                    continue
                }
                end = rest.index(after: end)
            }
            if let value = value(String(name)) { shown += value } else { shown += rest[..<end] }
            rest = rest[end...]
        }
        return shown + rest
    }

    func words(_ escape: Character) -> ShellWords {
        let state = self
        return ShellWords(escape: escape) { state.value($0) }
    }

    /// The config document (image-spec, config.md).
    func document() -> JSON {
        var json = platform.json
        json["created"] = .string(rfc3339(created))
        if !author.isEmpty { json["author"] = .string(author) }
        json["config"] = settings.json
        json["rootfs"] = ["type": "layers", "diff_ids": JSON(layers.map { "\($0)" })]
        json["history"] = .array(history.map(\.json))
        return json
    }
}
