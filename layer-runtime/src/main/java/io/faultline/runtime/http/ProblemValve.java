package io.faultline.runtime.http;

import io.faultline.runtime.Problems;
import io.faultline.runtime.core.Problem;
import java.io.IOException;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.core.StandardHost;
import org.apache.catalina.valves.ErrorReportValve;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.tomcat.TomcatContextCustomizer;

/**
 * What Tomcat refuses before Spring sees it (a path that is no path, a slash in a name) as a
 * problem too, instead of a page of HTML. Tomcat makes it by its name.
 */
public final class ProblemValve extends ErrorReportValve {

  /** Gives every host of a Tomcat this valve. */
  public static TomcatContextCustomizer customizer() {
    return context -> {
      if (context.getParent() instanceof StandardHost host) {
        host.setErrorReportValveClass(ProblemValve.class.getName());
      }
    };
  }

  @Override
  protected void report(Request request, Response response, @Nullable Throwable failure) {
    boolean answered = response.getStatus() < 400 || response.getContentWritten() > 0;
    if (answered || !response.setErrorReported()) {
      return;
    }
    byte[] body = Problems.toJson(problem(response.getStatus()));
    try {
      response.setContentType(Problems.CONTENT_TYPE);
      response.setContentLength(body.length);
      response.getOutputStream().write(body);
      response.finishResponse();
    } catch (IOException gone) {
      // Nobody is left to be told.
    }
  }

  private static Problem problem(int status) {
    return status == 400
        ? Problem.malformed(
            "The request cannot be read: its path or a header has something that HTTP does not"
                + " allow there, such as a bar, a bracket or an encoded slash")
        : ProblemErrorController.problem(status);
  }
}
