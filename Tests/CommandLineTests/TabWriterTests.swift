import CommandLine
import Testing

@Suite struct TabWriterTests {
    private func aligned(_ text: String, minimumWidth: Int = 10, padding: Int = 3) -> String {
        var writer = TabWriter(minimumWidth: minimumWidth, padding: padding)
        writer.write(text)
        return writer.flush()
    }

    @Test("a header alone gets the least width for every column")
    func headerAlone() {
        #expect(
            aligned("CONTAINER ID\tIMAGE\tCOMMAND\tCREATED\tSTATUS\tPORTS\tNAMES\n")
                == "CONTAINER ID   IMAGE     COMMAND   CREATED   STATUS    PORTS     NAMES\n")
    }

    @Test("a column is as wide as its widest cell and the padding")
    func widestCell() {
        #expect(
            aligned("REPOSITORY\tTAG\tSIZE\nlocalhost:5000/a\t1.0.0-alpha\t938MB\n")
                == "REPOSITORY         TAG           SIZE\nlocalhost:5000/a   1.0.0-alpha   938MB\n")
    }

    @Test("a line without a cell ends the column, and the next run has its own width")
    func columnsAreRuns() {
        #expect(aligned("a\tb\nx\nlonger than that\tc\n") == "a         b\nx\nlonger than that   c\n")
    }

    @Test("an empty cell keeps its place")
    func emptyCell() {
        #expect(aligned("A\tB\tC\n1\t\t3\n") == "A         B         C\n1                   3\n")
    }

    @Test("wide characters take two columns and combining marks none")
    func wideCharacters() {
        #expect(aligned("箱舟\tx\nabcd\ty\n") == "箱舟      x\nabcd      y\n")
        #expect(aligned("e\u{301}\tx\n") == "e\u{301}         x\n")
    }

    @Test("text after the last line feed is kept without one")
    func lastLineWithoutFeed() {
        #expect(aligned("a\tb") == "a         b")
    }
}
