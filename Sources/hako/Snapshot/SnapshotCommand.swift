import CLinux
import CommandLine
import Fault
import KubeStorage

/// `hako snapshot save|restore|status`: a cluster's state in one file.
enum SnapshotCommand {
    private struct Options: Sendable {
        var dataFolder = ""
        var bump = 0
    }

    private static let flags: [Flag<Options>] = [
        .text("data-dir", \.dataFolder, "Folder of the cluster's state, as given to hako apiserver"),
        .int(
            "bump-revision", \.bump,
            "With restore: raise the revision by so many, so that clients which saw later ones read anew"),
    ]

    private static let usage = """
        Usage:
          hako snapshot save FILE --data-dir DIR      Write the state to FILE; the server may be running
          hako snapshot restore FILE --data-dir DIR   Make a new DIR from FILE
          hako snapshot status FILE                   Say what is in FILE

        Options:
              --data-dir string     Folder of the cluster's state, as given to hako apiserver
              --bump-revision int   With restore: raise the revision by so many, so that clients which saw later
                                    ones read anew

        """

    static func main(_ arguments: [String]) -> CInt {
        var options = Options()
        do {
            let parsed = try FlagParser(flags, interspersed: true).parse(arguments, into: &options)
            if parsed.wantsHelp || parsed.positional.isEmpty {
                write(usage)
                return parsed.wantsHelp ? 0 : 1
            }
            guard parsed.positional.count == 2 else {
                throw Fault(
                    .invalid, "\"hako snapshot \(parsed.positional[0])\" takes one file; see hako snapshot --help")
            }
            try run(parsed.positional[0], parsed.positional[1], options)
            return 0
        } catch let error as UsageError {
            write("\(error)\nSee 'hako snapshot --help'.\n", to: STDERR_FILENO)
            return 125
        } catch {
            write("hako snapshot: \(sentence(error))\n", to: STDERR_FILENO)
            return 1
        }
    }

    private static func run(_ verb: String, _ file: String, _ options: Options) throws {
        func folder() throws(Fault) -> String {
            guard !options.dataFolder.isEmpty else {
                throw Fault(.invalid, "hako snapshot \(verb) needs the cluster's folder: --data-dir DIR")
            }
            return options.dataFolder
        }
        let info: StorageSnapshot.Info
        switch verb {
        case "save":
            info = try StorageSnapshot.save(folder: try folder(), to: file)
            write("Snapshot saved at \(file): ")
        case "restore":
            info = try StorageSnapshot.restore(file, to: try folder(), bump: Int64(options.bump))
            write("Snapshot restored to \(options.dataFolder): ")
        case "status": info = try StorageSnapshot.status(of: file)
        default: throw Fault(.invalid, "'\(verb)' is not save, restore or status; see hako snapshot --help")
        }
        write("revision \(info.revision), \(info.objects) objects, \(info.bytes) bytes\n")
    }
}
