package io.faultline.events;

import java.util.regex.Pattern;

/** The rule for names of hosts, devices, volumes, filesystems and watchers. */
public final class Names {

  /** What a name looks like; everything else is refused at the edge. */
  public static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,62}");

  /** The host where nobody says otherwise. */
  public static final String LOCAL_HOST = "local";

  private Names() {}

  public static boolean isName(String text) {
    return NAME.matcher(text).matches();
  }
}
