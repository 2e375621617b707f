import CLinux
import Fault
import Linux

/// A database says what the folders beside it are for. Without it each of them would count as the leftover of a crash
/// and be removed, so a daemon doesn't start over a lost one.
enum LostState {
    static func refuse(_ database: String, beside folder: String) throws(Fault) {
        var status = stat()
        if stat(database, &status) == 0, status.st_size > 0 { return }
        let kept = KernelFile.names(in: folder).count
        guard kept > 0 else { return }
        throw Fault(
            .internalFault,
            "\(database) is gone, but \(folder) holds \(kept) folders that it knew: restore the file, or remove \(folder) to begin anew"
        )
    }
}
