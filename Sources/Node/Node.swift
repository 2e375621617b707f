/// The parts of one node in one process.
enum Node {}
