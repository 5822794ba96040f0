package io.faultline.runtime.access;

import io.faultline.runtime.http.Edge;
import jakarta.servlet.http.HttpServletRequest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Tokens are made, listed and revoked. A token is answered once, when it is made. */
@RestController
public final class TokensController {

  private final TokenMaker maker;
  private final TokenDirectory tokens;
  private final AccessFeed feed;

  TokensController(TokenMaker maker, AccessTokens tokens) {
    this.maker = maker;
    this.tokens = tokens.directory();
    this.feed = tokens.feed();
  }

  /**
   * @param name chosen by the client, for people to read
   * @param role {@code viewer}, {@code operator} or {@code admin}
   * @param expires a time, or a duration from now; null: never
   */
  public record NewToken(@Nullable String name, @Nullable String role, @Nullable String expires) {}

  @PostMapping(path = "/v1/tokens", consumes = "application/json")
  ResponseEntity<Map<String, Object>> create(
      @RequestBody NewToken wanted, HttpServletRequest request) {
    return maker.create(wanted, Caller.of(request));
  }

  @GetMapping("/v1/tokens")
  Map<String, Object> list(
      @RequestParam(required = false) @Nullable Integer limit,
      @RequestParam(required = false) @Nullable String after) {
    Edge.Page page = Edge.page(limit, after);
    List<StoredToken> sorted = new ArrayList<>(tokens.all());
    sorted.sort(Comparator.comparing(StoredToken::id));
    List<Map<String, Object>> items =
        sorted.stream()
            .filter(token -> page.after() == null || token.id().compareTo(page.after()) > 0)
            .limit(page.limit() + 1L)
            .map(this::view)
            .toList();
    Map<String, Object> answer = new LinkedHashMap<>();
    boolean more = items.size() > page.limit();
    answer.put("items", more ? items.subList(0, page.limit()) : items);
    answer.put("next", more ? items.get(page.limit() - 1).get("id") : null);
    return answer;
  }

  @DeleteMapping("/v1/tokens/{id}")
  ResponseEntity<Void> revoke(@PathVariable String id) {
    maker.revoke(id);
    return ResponseEntity.noContent().build();
  }

  private Map<String, Object> view(StoredToken token) {
    Map<String, Object> view = TokenMaker.view(token);
    view.put("lastUsed", feed.uses().get(token.id()));
    return view;
  }
}
