import CLinux
import DockerModel
import Dockerfile
import Engine
import Fault
import ImageStore
import JSON
import Linux
import NIOCore
import OCI

// COPY and ADD.
extension StageRun {
    func transfer(_ transfer: Transfer, _ step: BuildStep, _ state: inout StageState) async throws {
        let current = state
        let defined = try await definition(of: transfer, current)
        if case .define = mode {
            if let defined {
                let keys = StepKeys(content: nil, defined: defined)
                let history = "\(step.instruction.text) # buildkit"
                return try await layer(keys, step, history: history, &state) { _, _ in }
            }
            if transfer.isAdd, transfer.sources.contains(where: { $0.contains("://") }) { throw NotDefined() }
        }
        let borrowed = try await tree(from: transfer.from, step)
        do {
            try await hear(.ready, of: step)
            let plan = try await TransferPlan.make(transfer, current, borrowed.tree, self)
            try await layer(
                StepKeys(content: plan.key, defined: defined ?? plan.key), step,
                history: "\(step.instruction.text) # buildkit", &state
            ) { _, root in
                try await plan.fill(root)
            }
        } catch {
            await borrowed.release()
            throw error
        }
        await borrowed.release()
    }
}

extension StageRun {
    /// What a COPY from another stage is told, with what that stage is defined as; nil: it takes from elsewhere.
    private func definition(of transfer: Transfer, _ state: StageState) async throws -> Digest? {
        guard let from = transfer.from, let source = try await definition(ofStage: from) else { return nil }
        let words = state.words(file.escape)
        var facts = ["transfer-from", source, "\(transfer.isAdd)", "\(transfer.parents)"]
        facts += [
            "to", ImageSettings.resolve(try words.expand(transfer.destination), in: state.settings.workingFolder),
        ]
        facts += [transfer.destination.hasSuffix("/") ? "folder" : "", try transfer.owner.map(words.expand) ?? ""]
        facts.append(try transfer.mode.map(words.expand) ?? "")
        for exclude in transfer.excludes { facts += ["exclude", exclude] }
        for source in transfer.sources { facts += ["source", try words.expand(source)] }
        for document in transfer.documents {
            facts += [
                "text", document.name, document.expands ? try words.expandBody(document.content) : document.content,
            ]
        }
        return Digest(of: JSON(facts).bytes())
    }

    /// Nil: the name isn't another stage's.
    func definition(ofStage name: String) async throws -> String? {
        guard build.inputs.named(name) == nil, let index = file.stage(name, before: stage.index),
            let task = needed[index]
        else { return nil }
        return try await task.value.definition
    }
}

/// A COPY or ADD with its sources found and known by their content.
struct TransferPlan: Sendable {
    enum Item: Sendable {
        /// `leavingOut` has the paths below it that stay behind.
        case tree(SelectedSource, IgnoreFile, Digest)
        /// A here-document.
        case text(String, name: String)
        /// A file that was fetched; `modified` in seconds since the epoch.
        case download(path: String, name: String, Digest, modified: Int64?)
        /// A local archive, to be unpacked.
        case archive(SelectedSource, Digest)
    }

    var items: [Item] = []
    /// Absolute; ends with a slash when a folder is meant.
    var destination = ""
    var owner: String?
    var mode: FileMode?
    var keepsParents = false

    static func make(
        _ transfer: Transfer, _ state: StageState, _ tree: SourceTree, _ stage: StageRun
    ) async throws -> TransferPlan {
        let words = state.words(stage.file.escape)
        var plan = TransferPlan()
        let asked = try words.expand(transfer.destination)
        plan.destination = ImageSettings.resolve(asked, in: state.settings.workingFolder)
        if asked.hasSuffix("/") || asked.hasSuffix("/.") || asked == ".", plan.destination != "/" {
            plan.destination += "/"
        }
        plan.owner = try transfer.owner.map { (text) throws(Fault) in try words.expand(text) }
        plan.mode = try transfer.mode.map { (text) throws(Fault) in try FileMode(try words.expand(text)) }
        plan.keepsParents = transfer.parents
        let excluded = IgnoreFile(patterns: transfer.excludes)
        for source in try transfer.sources.map({ (text) throws(Fault) in try words.expand(text) }) {
            plan.items += try await plan.find(source, transfer, tree, excluded, stage)
        }
        for document in transfer.documents {
            let text = document.expands ? try words.expandBody(document.content) : document.content
            plan.items.append(.text(text, name: document.name))
        }
        let isMany = plan.items.count > 1
        if isMany, !plan.destination.hasSuffix("/") {
            let keyword = transfer.isAdd ? "ADD" : "COPY"
            throw Fault(
                .invalid,
                "When using \(keyword) with more than one source file, the destination must be a directory and end with a /"
            )
        }
        return plan
    }

    private func find(
        _ source: String, _ transfer: Transfer, _ tree: SourceTree, _ excluded: IgnoreFile, _ stage: StageRun
    ) async throws -> [Item] {
        if transfer.isAdd, Download.isURL(source) || Download.isGit(source) {
            return [try await fetch(source, transfer, stage)]
        }
        let unpacks = transfer.isAdd && transfer.unpack != false
        return try await onPool {
            try tree.select(source).map { found in
                var ignored = tree.ignored
                if !excluded.isEmpty { ignored = ignored.adding(excluded, below: found.path) }
                let hash = try ContentHash.of(
                    found.name, in: found.folder, leavingOut: Filter.leavingOut(ignored, below: found))
                if unpacks, !found.isFolder, try Archive.isOne(found) { return .archive(found, hash) }
                return .tree(found, ignored, hash)
            }
        }
    }

    private func fetch(_ url: String, _ transfer: Transfer, _ stage: StageRun) async throws -> Item {
        guard !Download.isGit(url) else {
            throw Fault(.invalid, "ADD of a git repository is not available: clone it into the build context")
        }
        let name = Download.name(of: url)
        if destination.hasSuffix("/"), name.isEmpty {
            throw Fault(.invalid, "cannot determine filename from url: \(url)")
        }
        let path = stage.build.inputs.work + "/download-" + String(Engine.randomID().prefix(12))
        let (digest, modified) = try await Download.save(url, to: path)
        if let wanted = transfer.checksum, wanted != "\(digest)" {
            throw Fault(.invalid, "digest mismatch sha256:\(digest.hex): ADD of \(url) asks for \(wanted)")
        }
        return .download(path: path, name: name, digest, modified: modified)
    }

    /// Of all that decides what the layer holds, besides the layers below it.
    var key: Digest {
        var facts: [String] = ["transfer", destination, owner ?? "", mode?.text ?? "", "\(keepsParents)"]
        for item in items {
            switch item {
            case .tree(let source, _, let hash):
                facts.append(
                    "tree \(source.isFolder) \(keepsParents ? source.path : source.isFolder ? "" : source.base) \(hash)"
                )
            case .text(let text, let name): facts.append("text \(name) \(Digest(of: text.utf8))")
            case .download(_, let name, let hash, let modified): facts.append("file \(name) \(hash) \(modified ?? 0)")
            case .archive(_, let hash): facts.append("archive \(hash)")
            }
        }
        return Digest(of: JSON(facts).bytes())
    }
}

/// `--chmod`: octal, or the words of chmod(1).
struct FileMode: Sendable {
    let text: String
    private let octal: UInt32?
    private let clauses: [Clause]

    private struct Clause: Sendable { var who: UInt32, operation: Character, permissions: String }

    init(_ text: String) throws(Fault) {
        self.text = text
        octal = UInt32(text, radix: 8).flatMap { $0 <= 0o7777 ? $0 : nil }
        if octal != nil {
            clauses = []
            return
        }
        var clauses: [Clause] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            var who: UInt32 = 0
            var rest = part
            while let character = rest.first,
                let bits = ["u": 0o4700, "g": 0o2070, "o": 0o1007, "a": 0o7777][character] as UInt32?
            {
                who |= bits
                rest = rest.dropFirst()
            }
            guard let operation = rest.first, "+-=".contains(operation),
                rest.dropFirst().allSatisfy({ "rwxXst".contains($0) })
            else {
                throw Fault(
                    .invalid, "invalid chmod parameter: '\(text)'. it should be octal string and between 0 and 07777")
            }
            clauses.append(
                Clause(who: who == 0 ? 0o7777 : who, operation: operation, permissions: String(rest.dropFirst())))
        }
        self.clauses = clauses
    }

    func apply(to mode: UInt32, isFolder: Bool) -> UInt32 {
        if let octal { return octal }
        return clauses.reduce(mode) { mode, clause in
            var bits: UInt32 = 0
            for letter in clause.permissions {
                switch letter {
                case "r": bits |= 0o444
                case "w": bits |= 0o222
                case "x": bits |= 0o111
                case "X": if isFolder || mode & 0o111 != 0 { bits |= 0o111 }
                case "s": bits |= 0o6000
                default: bits |= 0o1000
                }
            }
            let own = bits & clause.who
            switch clause.operation {
            case "+": return mode | own
            case "-": return mode & ~own
            default: return mode & ~clause.who | own
            }
        }
    }
}
