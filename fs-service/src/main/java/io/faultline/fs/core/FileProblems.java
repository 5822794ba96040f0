package io.faultline.fs.core;

import io.faultline.runtime.core.Problem;

/** Refusals of file commands, each with the errno that a system call would give. */
final class FileProblems {

  static final String ERRNO = "errno";

  private FileProblems() {}

  static Problem noSuchFile(String path) {
    return Problem.notFound("There is no file " + path + " (ENOENT)").with(ERRNO, "ENOENT");
  }

  static Problem exists(String path) {
    return Problem.conflict(
            "exists", "Something else has that name", path + " exists already (EEXIST)")
        .with(ERRNO, "EEXIST");
  }

  static Problem notADirectory(String path) {
    return Problem.conflict(
            "not-a-directory", "It is no directory", path + " is no directory (ENOTDIR)")
        .with(ERRNO, "ENOTDIR");
  }

  static Problem isADirectory(String path) {
    return Problem.conflict(
            "is-a-directory", "It is a directory", path + " is a directory (EISDIR)")
        .with(ERRNO, "EISDIR");
  }

  static Problem notEmpty(String path) {
    return Problem.conflict(
            "not-empty", "The directory is not empty", path + " is not empty (ENOTEMPTY)")
        .with(ERRNO, "ENOTEMPTY");
  }

  static Problem nameTooLong(String detail) {
    return Problem.refused("name-too-long", "A name is too long", detail + " (ENAMETOOLONG)")
        .with(ERRNO, "ENAMETOOLONG");
  }

  static Problem invalid(String detail) {
    return Problem.refused("invalid-argument", "That cannot be", detail + " (EINVAL)")
        .with(ERRNO, "EINVAL");
  }

  static Problem tooLarge(String detail) {
    return Problem.refused("file-too-large", "The file would be too large", detail + " (EFBIG)")
        .with(ERRNO, "EFBIG");
  }

  /** There is no room for file data on the device in a role. */
  static Problem noSpace(Transaction change, Role role, long wantedBytes) {
    if (role != Role.REALTIME) {
      return noSpace(change, wantedBytes);
    }
    return new Problem(
            "no-space",
            507,
            "There is no room",
            "The realtime device of "
                + change.filesystem.name()
                + " has no room for the "
                + wantedBytes
                + " bytes that are needed (ENOSPC)")
        .with(ERRNO, "ENOSPC");
  }

  static Problem noSpace(Transaction change, long wantedBytes) {
    long free = 0;
    for (int ag = 0; ag < change.geometry.agCount(); ag++) {
      free += change.tally(ag).freeSectors;
    }
    return new Problem(
            "no-space",
            507,
            "There is no room",
            change.filesystem.name()
                + " has "
                + free * 512
                + " bytes free, some of which are kept for its own trees; "
                + wantedBytes
                + " more are needed (ENOSPC)")
        .with(ERRNO, "ENOSPC");
  }

  /** A write that is under way has what somebody wants to change. */
  static Problem busy(String path) {
    return Problem.conflict(
            "write-under-way",
            "A write is under way",
            "Another write to the same bytes of " + path + " has not ended yet (EAGAIN)")
        .with(ERRNO, "EAGAIN");
  }

  static Problem unknownWrite(String id) {
    return Problem.conflict(
            "unknown-write",
            "The write is not under way any more",
            "The write "
                + id
                + " was given up: its file went, or nothing was heard of it for long; write again")
        .with(ERRNO, "EAGAIN");
  }

  static Problem mediaError(String path, String why, long offsetBytes, long sector) {
    return Problem.refused("media-error", "Bytes are lost", path + " " + why + " (EIO)")
        .with(ERRNO, "EIO")
        .with("offsetBytes", offsetBytes)
        .with("sector", sector);
  }
}
