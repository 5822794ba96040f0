package io.faultline.runtime.http;

import io.faultline.runtime.core.Problem;
import io.swagger.v3.oas.annotations.Hidden;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServletRequest;
import org.springframework.boot.webmvc.error.ErrorController;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** The last resort of the servlet container, as a problem too. */
@Hidden
@RestController
public final class ProblemErrorController implements ErrorController {

  @RequestMapping("/error")
  ResponseEntity<byte[]> error(HttpServletRequest request) {
    int status =
        request.getAttribute(RequestDispatcher.ERROR_STATUS_CODE) instanceof Integer code
            ? code
            : 404;
    return Replies.toResponse(problem(status));
  }

  /** For a status that came without a reason. */
  static Problem problem(int status) {
    if (status >= 500) {
      return new Problem(
          "internal-error",
          status,
          "A bug in Faultline",
          "The request failed; the service's log has the reason");
    }
    return ProblemAdvice.springProblem(HttpStatusCode.valueOf(status), null);
  }
}
